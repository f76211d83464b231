// Keeps the screen on while a candidate answers: a phone that turns the screen off would stop the camera too. A browser
// releases the lock whenever the page is hidden, so it is requested again on return. A browser may refuse it.

export class ScreenWakeLock {
  constructor() {
    this.isWanted = false;
    /** @type {WakeLockSentinel | null} */
    this.lock = null;
    document.addEventListener("visibilitychange", () => void this.#ask());
  }

  request() {
    this.isWanted = true;
    return this.#ask();
  }

  release() {
    this.isWanted = false;
    void this.lock?.release();
    this.lock = null;
  }

  async #ask() {
    if (!this.isWanted || this.lock || document.hidden) return;
    try {
      this.lock = (await navigator.wakeLock?.request("screen")) ?? null;
      this.lock?.addEventListener("release", () => (this.lock = null), { once: true });
      if (!this.isWanted) this.release(); // it was released while the browser was asked
    } catch (error) {
      console.info("The screen may turn off by itself:", error.name);
    }
  }
}
