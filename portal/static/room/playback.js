// Plays all parts of an answer, one after the other, in one video element.

export class Playback {
  /** `onPart(number, of)` is called when a part is shown; `onFailed(error)`, a MediaError, when one cannot be. */
  constructor(video, { onPart, onFailed }) {
    Object.assign(this, { video, onPart, parts: [], at: 0 });
    video.addEventListener("ended", () => this.#next());
    video.addEventListener("error", () => this.parts.length && onFailed(video.error));
  }

  /** Load the parts at these addresses and show the first one; nothing plays before somebody presses Play. */
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
