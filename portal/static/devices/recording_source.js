// Where picture and sound come from: this browser's devices, or those of the machine that serves the page. Both have the
// same verbs, so that room and check need not know: trouble, settle, open, close, begin and recorder.

import { BrowserSource } from "./browser_source.js";
import { KioskSource } from "./kiosk_source.js";

/** `root` is the page's part with data-source; `seat` is asked for its tab once it is taken. */
export function sourceOf(root, api, seat) {
  return root.dataset.source === "device" ? new KioskSource(root, api, seat) : new BrowserSource(root, api, seat);
}
