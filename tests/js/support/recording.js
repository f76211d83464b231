// What our recorder needs of a browser besides the page, given to Node: a MediaRecorder that delivers random bytes in
// time.

import { randomBytes } from "node:crypto";

import { Recorder } from "../../../portal/static/devices/recorder.js";

/** @typedef {{ onBlob: (blob: Blob, untilMs: number) => unknown }} BlobListener */

const EVERY_MS = 540; // as Chromium: a key picture each 500 ms
const PIECE_BYTES = 20_000;

class NodeMediaRecorder {
  static isTypeSupported() {
    return true;
  }

  state = "inactive";
  ondataavailable = (/** @type {{ data: Blob }} */ _event) => {};
  onstart = () => {};
  onstop = () => {};

  start() {
    this.state = "recording";
    setTimeout(() => this.onstart());
    this.timer = setInterval(() => this.#deliver(), EVERY_MS);
  }

  stop() {
    this.state = "inactive";
    clearInterval(this.timer);
    setTimeout(() => this.onstop());
  }

  requestData() {}

  #deliver() {
    this.ondataavailable({ data: new Blob([randomBytes(PIECE_BYTES)]) });
  }
}

Object.assign(globalThis, { MediaRecorder: NodeMediaRecorder });

/**
 * The real recorder, which delivers to `onBlob`.
 * @param {BlobListener} listener
 */
export function newRecorder(listener) {
  const stream = { getTracks: () => [], getVideoTracks: () => [] };
  return new Recorder(/** @type {any} */ (stream), listener);
}
