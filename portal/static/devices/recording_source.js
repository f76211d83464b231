// Where picture and sound come from: the devices of this browser, or those of the machine that serves the page. Both
// sources have the same methods (trouble, settle, open, close, begin, recorder), so that room and device check need no
// distinction.

import { BrowserSource } from "./browser_source.js";
import { KioskSource } from "./kiosk_source.js";

/** `root` is the page's part with data-source; `seat` tells its tab once it is claimed. */
export function sourceOf(root, api, seat) {
  return root.dataset.source === "device" ? new KioskSource(root, api, seat) : new BrowserSource(root, api, seat);
}
