// Plays an answer in all its parts, one after the other, in one video element. Knows addresses, not where they come from.

export class Playback {
  /** `onPart(number, of)` whenever another part is shown. */
  constructor(video, onPart) {
    Object.assign(this, { video, onPart, parts: [], at: 0 });
    video.addEventListener("ended", () => this.#next());
  }

  /** Put these parts in, from the first one on; nothing plays before somebody presses. */
  load(parts) {
    this.clear();
    this.parts = parts;
    this.#show(0);
  }

  clear() {
    this.video.pause();
    this.video.removeAttribute("src");
    this.video.load(); // lets go of it first: a browser that still reads would miss what is revoked
    for (const part of this.parts) if (part.startsWith("blob:")) URL.revokeObjectURL(part);
    this.parts = [];
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
    if (!isOver) await this.video.play().catch((error) => console.info("The next part waits to be played:", error.name));
  }
}
