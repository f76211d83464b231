// Where picture and sound come from: the devices of this browser, or those of the machine that serves the page. Both
// sources have the same methods (trouble, settle, open, close, begin, recorder), so that room and device check need no
// distinction.

import { BrowserSource } from "./browser_source.js";
import { KioskSource } from "./kiosk_source.js";

/** @import { Api } from "../server/api.js" */
/** @import { Seat } from "../server/seat.js" */
/** @typedef {BrowserSource | KioskSource} RecordingSource */

/**
 * `root` is the page's part with data-source; `seat` tells its tab once it is claimed.
 * @param {HTMLElement} root
 * @param {Api} api
 * @param {Seat} seat
 * @returns {RecordingSource}
 */
export function sourceOf(root, api, seat) {
  return root.dataset.source === "device" ? new KioskSource(root, api, seat) : new BrowserSource(root, api, seat);
}
