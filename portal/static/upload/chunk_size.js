// How much goes up in one request: less after one that took too long or was called too large, slowly more again after some
// that arrived quickly. And what that says of the line: how fast it is, how long the rest will take. Sends nothing.

import { Problem, Unintelligible } from "../server/api.js";

const FIRST_BYTES = 64 * 1024; // arrives within a minute over a line of 1.1 kB/s
const LEAST_BYTES = 1024; // half a minute at 0.05 kB/s, headers included; smaller ones would be headers only
const QUICK_MS = 5_000; // growing by half keeps a request far from the minute that it has
const GROWTH = 1.5;
const LONG_MS = 20_000; // a request that broke off after this long was too long for somebody on the way
const NEWEST_SHARE = 0.3; // of the newest request in the measured rate: the last five or so count
const TOO_LARGE = 413;
const TOO_LONG_ON_THE_WAY = 408; // a proxy's time-out

export class Pace {
  constructor(mostBytes) {
    this.mostBytes = mostBytes;
    this.bytes = Math.min(FIRST_BYTES, mostBytes);
    this.bytesPerS = null; // nothing has arrived yet
  }

  arrived(bytes, tookMs) {
    this.#measure(bytes, tookMs);
    if (bytes < this.bytes || tookMs > QUICK_MS) return; // a small one proves nothing of larger ones
    this.bytes = Math.min(Math.floor(this.bytes * GROWTH), this.mostBytes);
  }

  /** A request of so many bytes did not arrive; gives the error that this amounts to. */
  failed(error, bytes, tookMs) {
    const status = error.status ?? error.foreignStatus;
    if (status === TOO_LARGE) return this.#tooLarge(error, bytes);
    if (error.isTimeout || status === TOO_LONG_ON_THE_WAY || tookMs > LONG_MS) {
      this.#shrink(bytes);
      if (error.isTimeout) this.bytesPerS = Math.min(this.bytesPerS ?? Infinity, (bytes * 1000) / tookMs);
    }
    return error;
  }

  /** How long so many bytes will take; null while nobody knows. */
  leftMs(bytes) {
    return this.bytesPerS === null ? null : (bytes * 1000) / this.bytesPerS;
  }

  /** Too much at once, or in all: less is tried soon. Our server's word is a refusal only of the least. */
  #tooLarge(error, bytes) {
    const [isOurs, isLeast] = [error instanceof Problem, bytes <= LEAST_BYTES];
    this.#shrink(bytes);
    if (!isOurs) this.mostBytes = this.bytes; // somebody on the way takes no more: never as much again
    if (isOurs && isLeast) this.bytes = Math.min(FIRST_BYTES, this.mostBytes); // it was not the request that was too large
    const told = isOurs && !isLeast ? new Unintelligible(TOO_LARGE, "Too much at once") : error;
    return Object.assign(told, { isSoon: !isLeast });
  }

  #shrink(bytes) {
    this.bytes = Math.max(Math.floor(bytes / 2), Math.min(LEAST_BYTES, this.mostBytes));
  }

  #measure(bytes, tookMs) {
    const rate = (bytes * 1000) / Math.max(tookMs, 1);
    this.bytesPerS = this.bytesPerS === null ? rate : (1 - NEWEST_SHARE) * this.bytesPerS + NEWEST_SHARE * rate;
  }
}
