// How often something was tried in vain, and from when on it may be tried again: later and later, but never given up.

const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 8_000; // a restarted server is noticed within this

export class Tries {
  constructor() {
    this.clear();
  }

  /** Whatever stood in the way may be gone. */
  clear() {
    Object.assign(this, { failures: 0, error: null, dueAt: 0 });
  }

  succeeded() {
    [this.failures, this.error] = [0, null];
  }

  /**
   * `error` is null where nothing is wrong but the same must be asked again. What timed out has waited long enough, and
   * what was too large (`isSoon`) is tried in smaller requests.
   */
  failed(error) {
    if (error?.isTimeout || error?.isSoon) this.failures = 0;
    this.error = error;
    this.rest(Math.min(FIRST_WAIT_MS * 2 ** this.failures, LONGEST_WAIT_MS));
    this.failures += 1;
  }

  rest(ms) {
    this.dueAt = performance.now() + ms;
  }

  /** Until it may be tried; 0 or less: now. */
  get waitMs() {
    return this.dueAt - performance.now();
  }
}
