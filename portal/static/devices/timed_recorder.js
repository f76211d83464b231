// What each recorder has in common: when it started, how long it has run, and whether it runs.

export class TimedRecorder {
  /** @type {number | null} */
  startedAt = null;
  /** @type {number | null} */
  endedMs = null;

  get isRunning() {
    return this.startedAt !== null && this.endedMs === null;
  }

  /** How long the recording has run, on the monotonic clock. */
  get recordedMs() {
    if (this.startedAt === null) return 0;
    return this.endedMs ?? performance.now() - this.startedAt;
  }
}
