// How many bytes one request carries: fewer after a request that took too long or was refused as too large, slowly more
// after requests that arrived quickly. It also measures how fast the connection is. It sends nothing itself.

import { Problem, Unintelligible } from "../server/api.js";
import { gettext as _ } from "../site/gettext.js";

const FIRST_BYTES = 64 * 1024; // arrives within a minute at 1.1 kB/s
const LEAST_BYTES = 1024; // half a minute at 0.05 kB/s, headers included; a smaller request would be mostly headers
const QUICK_MS = 5_000; // growing by half keeps a request far below its time limit of a minute
const GROWTH = 1.5;
const LONG_MS = 20_000; // a request that broke off after this time was probably too long for a proxy
const NEWEST_SHARE = 0.3; // the weight of the newest request in the measured rate: about the last five requests count
const TOO_LARGE = 413;
const PROXY_TIMEOUT = 408;

export class ChunkSize {
  /** @param {number} mostBytes */
  constructor(mostBytes) {
    this.mostBytes = mostBytes;
    this.bytes = Math.min(FIRST_BYTES, mostBytes);
    /** @type {number | null} */
    this.bytesPerS = null; // nothing has arrived yet
  }

  /**
   * @param {number} bytes
   * @param {number} tookMs
   */
  arrived(bytes, tookMs) {
    this.#measure(bytes, tookMs);
    if (bytes < this.bytes || tookMs > QUICK_MS) return; // a small request proves nothing about larger ones
    this.bytes = Math.min(Math.floor(this.bytes * GROWTH), this.mostBytes);
  }

  /**
   * A request of so many bytes did not arrive. Returns the error that the uploader should see.
   * @param {Trouble} error
   * @param {number} bytes
   * @param {number} tookMs
   */
  failed(error, bytes, tookMs) {
    const status = error.status ?? error.foreignStatus;
    if (status === TOO_LARGE) return this.#tooLarge(error, bytes);
    if (error.isTimeout || status === PROXY_TIMEOUT || tookMs > LONG_MS) {
      this.#shrink(bytes);
      if (error.isTimeout) this.bytesPerS = Math.min(this.bytesPerS ?? Infinity, (bytes * 1000) / tookMs);
    }
    return error;
  }

  /**
   * How long so many bytes will take; null while that is unknown.
   * @param {number} bytes
   */
  leftMs(bytes) {
    return this.bytesPerS === null ? null : (bytes * 1000) / this.bytesPerS;
  }

  /**
   * Either the request or the whole file was too large. A smaller request is tried soon; only when our own server
   * refuses the smallest request does it mean the file.
   * @param {Trouble} error
   * @param {number} bytes
   */
  #tooLarge(error, bytes) {
    const [isOurs, isLeast] = [error instanceof Problem, bytes <= LEAST_BYTES];
    this.#shrink(bytes);
    if (!isOurs) this.mostBytes = this.bytes; // a proxy takes no more than this: never send as much again
    if (isOurs && isLeast) this.bytes = Math.min(FIRST_BYTES, this.mostBytes); // the request was not too large
    const seen = isOurs && !isLeast ? new Unintelligible(TOO_LARGE, _("Too much at once")) : error;
    return Object.assign(seen, { isSoon: !isLeast });
  }

  /** @param {number} bytes */
  #shrink(bytes) {
    this.bytes = Math.max(Math.floor(bytes / 2), Math.min(LEAST_BYTES, this.mostBytes));
  }

  /**
   * @param {number} bytes
   * @param {number} tookMs
   */
  #measure(bytes, tookMs) {
    const rate = (bytes * 1000) / Math.max(tookMs, 1);
    this.bytesPerS = this.bytesPerS === null ? rate : (1 - NEWEST_SHARE) * this.bytesPerS + NEWEST_SHARE * rate;
  }
}
