// One part of a take while it is recorded: its recorder, its answer at the server, and what the page notices meanwhile, held
// together. The answer may come later than the recording: what is recorded until then waits in this page.

import { PageEvents } from "./page_events.js";

export class Part {
  /**
   * `job` is the answer's Job, or a promise of it. `told` hears onLost(why), onTurn(), onPause(kind, isPaused).
   * `isWatched`: whether what the page notices may be reported.
   */
  constructor({ source, uploader, told, isWatched }, job) {
    Object.assign(this, { uploader, job: null, recordedMsAtEnd: null });
    this.beginning = Promise.resolve(job).then((known) => (this.job = known));
    this.beginning.catch(() => {}); // told to whoever asked for the answer
    const onBlob = async (blob, untilMs) => uploader.addBlob(await this.beginning, blob, untilMs);
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

  /** After halt(): everything is kept, and the uploader knows that no more comes. Resolves to the job. */
  async end() {
    const job = await this.beginning;
    await this.recorder.lastBlob;
    await this.uploader.end(job, Math.round(this.recordedMs));
    return job;
  }

  /** Whether not one byte came of it. Where the machine that records does not know, there may be some. */
  get isEmpty() {
    return this.job !== null && this.job.stored_bytes === 0 && this.job.sent_bytes === 0;
  }

  #pageEvents() {
    return new PageEvents({
      now: () => this.recordedMs,
      onEvent: async (event) => this.uploader.addEvent(await this.beginning, event),
      onClosed: async () => this.uploader.eventChanged(await this.beginning),
    });
  }

  #paused(kind, isPaused, tell) {
    if (isPaused) this.pageEvents?.began(`${kind}_paused`);
    else this.pageEvents?.ended(`${kind}_paused`);
    tell(kind, isPaused);
  }
}
