// One part of a take while it is recorded: it joins the part's recorder, its upload, and what the page notices
// meanwhile.

import { PageEvents } from "./page_events.js";

/** @import { RecordingSource } from "../devices/recording_source.js" */
/** @import { Upload } from "../upload/upload.js" */
/** @import { Uploader } from "../upload/uploader.js" */
/** @typedef {(kind: DeviceKind, isPaused: boolean) => void} OnPause */
/** @typedef {RecorderListener & { onPause: OnPause }} PartListener */
/** @typedef {{ source: RecordingSource, uploader: Uploader, listener: PartListener, reportsEvents: boolean }}
 *   PartParts */

export class AnswerPart {
  /**
   * `listener` has onLost(why), onTurn() and onPause(kind, isPaused). `reportsEvents`: page events may be reported.
   * @param {PartParts} options
   * @param {Upload} upload
   */
  constructor({ source, uploader, listener, reportsEvents }, upload) {
    this.uploader = uploader;
    this.upload = upload;
    /** @type {(blob: Blob, untilMs: number) => unknown} */
    const onBlob = (blob, untilMs) => uploader.addBlob(upload, blob, untilMs);
    /** @type {OnPause} */
    const onPause = (kind, isPaused) => this.#paused(kind, isPaused, listener.onPause);
    this.recorder = source.recorder(upload, { ...listener, onBlob, onPause, onSaved: () => uploader.sendNow() });
    this.pageEvents = reportsEvents ? this.#pageEvents() : null;
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

  /** Stop recording. Resolves to whether the recorder ended properly. */
  async stop() {
    this.pageEvents?.stop();
    return this.recorder.stop();
  }

  /** After stop(): resolves once everything is stored and the uploader knows that no more comes. */
  async end() {
    await this.recorder.lastBlob;
    await this.uploader.end(this.upload, Math.round(this.recordedMs));
  }

  /** Whether no byte was recorded. Where the machine that records does not know, some may exist. */
  get isEmpty() {
    const { stored_bytes, sent_bytes, isBegun } = this.upload;
    return stored_bytes === 0 && (sent_bytes === 0 || !isBegun);
  }

  #pageEvents() {
    return new PageEvents({
      now: () => this.recordedMs,
      onEvent: (event) => this.uploader.addEvent(this.upload, event),
      onClosed: () => this.uploader.eventChanged(this.upload),
    });
  }

  /**
   * @param {DeviceKind} kind
   * @param {boolean} isPaused
   * @param {OnPause} onPause
   */
  #paused(kind, isPaused, onPause) {
    if (isPaused) this.pageEvents?.began(`${kind}_paused`);
    else this.pageEvents?.ended(`${kind}_paused`);
    onPause(kind, isPaused);
  }
}
