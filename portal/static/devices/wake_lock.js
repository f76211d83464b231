// Keeps the screen on while somebody answers: a phone that turns it off would stop the camera too. Browsers let go of it
// whenever the page is hidden, so it is asked for again on return. They may refuse: then it is as it was.

export class Awake {
  constructor() {
    this.isWanted = false;
    this.lock = null;
    document.addEventListener("visibilitychange", () => this.#ask());
  }

  hold() {
    this.isWanted = true;
    return this.#ask();
  }

  letGo() {
    this.isWanted = false;
    this.lock?.release();
    this.lock = null;
  }

  async #ask() {
    if (!this.isWanted || this.lock || document.hidden) return;
    try {
      this.lock = await navigator.wakeLock?.request("screen");
      this.lock?.addEventListener("release", () => (this.lock = null), { once: true });
      if (!this.isWanted) this.letGo(); // let go of while it was asked for
    } catch (error) {
      console.info("The screen may turn off by itself:", error.name);
    }
  }
}
