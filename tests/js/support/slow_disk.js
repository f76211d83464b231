// A disk on which IndexedDB needs long for each transaction that writes. What it has not written when the page ends is
// lost, as in a browser.

/** @typedef {IDBTransaction & { _start: () => void, _started: boolean, _state: string }} Started */

const prototype = /** @type {Started} */ (IDBTransaction.prototype);
const start = prototype._start;

export class SlowDisk {
  /** @type {Set<Started>} */ waiting = new Set();

  /** @param {number} commitMs */
  constructor(commitMs) {
    const { waiting } = this;
    /** @this {Started} */
    prototype._start = function startLater() {
      if (this._started || this.mode === "readonly") return start.call(this);
      this._started = true;
      waiting.add(this);
      setTimeout(() => waiting.delete(this) && start.call(this), commitMs);
    };
  }

  /** The page ends, and the next one finds a disk that is quick again. */
  pageEnds() {
    prototype._start = start;
    for (const transaction of this.waiting) {
      transaction._state = "active"; // it may have been told to commit, but it is not done
      transaction.abort();
    }
    this.waiting.clear();
  }
}
