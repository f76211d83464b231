// Plays all parts of an answer, one after the other, in one video element.

export class Playback {
  /**
   * `onPart(number, of)` is called when a part is shown; `onFailed(error)`, a MediaError, when one cannot be.
   * @param {HTMLVideoElement} video
   * @param {{ onPart: (number: number, of: number) => void, onFailed: (error: MediaError | null) => void }} options
   */
  constructor(video, { onPart, onFailed }) {
    this.video = video;
    this.onPart = onPart;
    /** @type {string[]} */
    this.parts = []; // addresses
    this.at = 0;
    video.addEventListener("ended", () => void this.#next());
    video.addEventListener("error", () => this.parts.length && onFailed(video.error));
  }

  /**
   * Load the parts at these addresses and show the first one; nothing plays before somebody presses Play.
   * @param {string[]} parts
   */
  load(parts) {
    this.parts = parts;
    if (parts.length) this.#show(0);
  }

  clear() {
    this.parts = [];
    this.video.pause();
    this.video.removeAttribute("src");
    this.video.load();
  }

  /** @param {number} number */
  #show(number) {
    this.at = number;
    this.video.src = this.parts[number];
    this.onPart(number + 1, this.parts.length);
  }

  async #next() {
    if (this.parts.length < 2) return;
    const isOver = this.at === this.parts.length - 1;
    this.#show(isOver ? 0 : this.at + 1);
    if (isOver) return;
    await this.video.play().catch((error) => console.info("The next part was not played:", error.name));
  }
}
