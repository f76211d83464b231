// Counts a time down on the monotonic clock, four times a second.

const TICK_MS = 250; // after a crash, the last note is at most this old

export class Countdown {
  /**
   * `onTick(leftMs)` is called at once and until the end; `onEnd()` once, unless it was stopped before.
   * @param {number} totalMs
   * @param {(leftMs: number) => void} onTick
   * @param {() => unknown} onEnd
   */
  constructor(totalMs, onTick, onEnd) {
    this.totalMs = totalMs;
    this.onTick = onTick;
    this.onEnd = onEnd;
    this.endsAt = performance.now() + totalMs;
    this.timer = setInterval(() => this.#tick(), TICK_MS);
    onTick(totalMs);
  }

  stop() {
    clearInterval(this.timer);
  }

  #tick() {
    const leftMs = this.endsAt - performance.now();
    this.onTick(Math.max(0, leftMs));
    if (leftMs > 0) return;
    this.stop();
    this.onEnd();
  }
}
