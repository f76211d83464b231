// Exponential backoff: how often something failed, and when it may be tried again. The wait grows, but it never gives
// up.

const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 8_000; // the page notices a restarted server within this time

export class Backoff {
  failures = 0;
  /** @type {Trouble | null} */
  error = null;
  dueAt = 0;

  /** Try again at once: the obstacle may be gone. */
  clear() {
    this.succeeded();
    this.dueAt = 0;
  }

  succeeded() {
    this.failures = 0;
    this.error = null;
  }

  /**
   * `error` is null where nothing is wrong, but the same request must be sent again. A request that timed out has
   * already waited, and one that was too large (`isSoon`) is sent again in smaller parts, so both start with the
   * shortest wait.
   * @param {Trouble | null} error
   */
  failed(error) {
    if (error?.isTimeout || error?.isSoon) this.failures = 0;
    this.error = error;
    this.rest(Math.min(FIRST_WAIT_MS * 2 ** this.failures, LONGEST_WAIT_MS));
    this.failures += 1;
  }

  /** @param {number} ms */
  rest(ms) {
    this.dueAt = performance.now() + ms;
  }

  /** How long to wait before the next try; 0 or less: try now. */
  get waitMs() {
    return this.dueAt - performance.now();
  }
}
