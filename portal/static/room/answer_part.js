// One part of a take while it is recorded: its recorder, its answer on the way to the server, and what the page notices
// meanwhile, held together.

import { PageEvents } from "./page_events.js";

export class Part {
  /** `told` hears onLost(why), onTurn(), onPause(kind, isPaused). `isWatched`: whether what the page notices may be reported. */
  constructor({ source, uploader, told, isWatched }, job) {
    Object.assign(this, { uploader, job });
    const onBlob = (blob, untilMs) => uploader.addBlob(job, blob, untilMs);
    const onPause = (kind, isPaused) => this.#paused(kind, isPaused, told.onPause);
    this.recorder = source.recorder(job, { ...told, onBlob, onPause, onSaved: () => uploader.poke() });
    this.pageEvents = isWatched ? this.#pageEvents() : null;
  }

  async start() {
    await this.recorder.start();
    this.pageEvents?.start();
  }

  get isRunning() {
    return this.recorder.isRunning;
  }

  get recordedMs() {
    return this.recorder.recordedMs;
  }

  /** Record no more. Resolves to whether the recorder ended as it should. */
  async halt() {
    this.pageEvents?.stop();
    return this.recorder.stop();
  }

  /** After halt(): everything is kept, and the uploader knows that no more comes. */
  async end() {
    await this.recorder.lastBlob;
    await this.uploader.end(this.job, Math.round(this.recordedMs));
  }

  /** Whether not one byte came of it. Where the machine that records does not know, there may be some. */
  get isEmpty() {
    return this.job.stored_bytes === 0 && (this.job.sent_bytes === 0 || !this.job.isBegun);
  }

  #pageEvents() {
    return new PageEvents({
      now: () => this.recordedMs,
      onEvent: (event) => this.uploader.addEvent(this.job, event),
      onClosed: () => this.uploader.eventChanged(this.job),
    });
  }

  #paused(kind, isPaused, tell) {
    if (isPaused) this.pageEvents?.began(`${kind}_paused`);
    else this.pageEvents?.ended(`${kind}_paused`);
    tell(kind, isPaused);
  }
}
