// Records the takes of the questions, part by part: asks the server to create each answer, starts and ends its
// recorder, continues in a further part where the device was turned, and removes an answer of which nothing came.

import { ScreenWakeLock } from "../devices/wake_lock.js";
import { uuid } from "../server/uuid.js";
import { gettext as _ } from "../site/gettext.js";
import { Upload } from "../upload/upload.js";
import { AnswerPart } from "./answer_part.js";
import { takeMs } from "./takes.js";

/** @import { RecordingSource } from "../devices/recording_source.js" */
/** @import { Uploader } from "../upload/uploader.js" */
/** @import { UploadValues } from "../upload/upload.js" */
/** @import { BrowserNotes } from "./browser_notes.js" */
/**
 * @typedef {object} RecordingListener
 * @property {(leftMs: number) => void} onRecording
 * @property {() => void} onStopping
 * @property {(why: string) => void} onLost
 * @property {(kind: DeviceKind, isPaused: boolean) => void} onPause
 * @property {() => void} onTurned
 * @property {() => void} onTurnedLate
 * @property {(answerId: string, why: string) => void} onStuck
 */
/**
 * @typedef {object} RecordingParts
 * @property {RecordingSource} source
 * @property {Uploader} uploader
 * @property {BrowserNotes} notes
 * @property {string} interviewId
 * @property {boolean} reportsEvents
 * @property {Reached} untilReached
 * @property {RecordingListener} listener
 */

export const WORTH_CONTINUING_MS = 5_000; // nobody can say much in less time than this

export class AnswerRecording {
  /** @type {Question} */ question;
  takenBeforeMs = 0; // how long the earlier parts of this take are

  /**
   * `listener` has onRecording(leftMs), onStopping() before anything is waited for, onLost(why), onPause(kind,
   * isPaused), and for a turned device: onTurned() once a further part records, onTurnedLate() where too little time is
   * left for one, onStuck(answerId, why) where a further part could not start.
   * @param {RecordingParts} options
   */
  constructor({ source, uploader, notes, interviewId, reportsEvents, untilReached, listener }) {
    this.source = source;
    this.uploader = uploader;
    this.notes = notes;
    this.interviewId = interviewId;
    this.reportsEvents = reportsEvents;
    this.untilReached = untilReached;
    this.listener = listener;
    this.wakeLock = new ScreenWakeLock();
    /** @type {AnswerPart | null} */
    this.part = null;
    /** @type {Promise<void> | null} */
    this.turning = null; // a promise, while one part ends and the next begins
    /** @type {string[]} */
    this.emptyAnswers = []; // ids of answers of which no byte came; the server is about to delete them
  }

  get isRunning() {
    return Boolean(this.part?.isRunning);
  }

  get upload() {
    return this.part?.upload ?? null;
  }

  get recordedMs() {
    return this.part?.recordedMs ?? 0;
  }

  /**
   * Record a take of this question; `continues` is the id of the answer whose take continues.
   * @param {Question} question
   * @param {string | null} continues
   */
  async begin(question, continues) {
    this.question = question;
    this.takenBeforeMs = continues ? takeMs(question) : 0;
    const { upload, limit_ms } = await this.#newAnswer(continues);
    await this.#start(upload, limit_ms);
  }

  /** End the recording and store all of it. Resolves to { answerId, isEmpty, hasEnded }, or to null where none runs. */
  async stop() {
    await this.turning;
    const { part } = this;
    if (!part?.isRunning) return null;
    this.listener.onStopping();
    this.wakeLock.release();
    const hasEnded = await part.stop();
    await this.#end(part);
    if (part.isEmpty) this.#remove(part.upload.answer_id);
    return { answerId: part.upload.answer_id, isEmpty: part.isEmpty, hasEnded };
  }

  /** Another question comes next: the page no longer shows this recording. */
  leave() {
    this.part = null;
  }

  /** A crash comes without a warning, so the length of the recording is noted while it runs. */
  noteTime() {
    if (this.isRunning) this.upload?.noteRecorded(Math.round(this.recordedMs));
    this.notes.noteUploads(this.uploader.uploads);
  }

  /**
   * A new take or part begins when the server has the last one whole; another question does not wait for that.
   * @param {string | null} continues
   */
  async #newAnswer(continues) {
    const { question } = this;
    await this.uploader.whenSettled([...question.answers.map((answer) => answer.answer_id), ...this.emptyAnswers]);
    const wish = this.#wish(continues);
    const { limit_ms, ...reply } = await this.untilReached(() => this.source.begin(wish));
    question.failureText = "";
    if (!continues) question.lostText = "";
    return { upload: this.#add({ ...reply, wish, sent_bytes: 0 }), limit_ms };
  }

  /**
   * A further part records at once under an id of its own; the uploader creates it at the server when it can.
   * @param {Answer} options
   */
  #furtherPart({ answer_id, take, part }) {
    return this.#add({ answer_id: uuid(), wish: this.#wish(answer_id), take, part: part + 1 });
  }

  /**
   * @param {string | null} continues
   * @returns {Wish}
   */
  #wish(continues) {
    return { question: this.question.position, continues, container: this.source.container };
  }

  /** @param {UploadValues & { answer_id: string, take: number, part: number }} values */
  #add(values) {
    const { answer_id, take, part } = values;
    this.question.answers.push({ answer_id, take, part, state: "recording", recorded_ms: 0 });
    const upload = new Upload({ ...values, interview_id: this.interviewId, watched: true });
    void this.uploader.add(upload);
    return upload;
  }

  /**
   * @param {Upload} upload
   * @param {number} leftMs
   */
  async #start(upload, leftMs) {
    const { source, uploader, reportsEvents } = this;
    const { onLost, onPause } = this.listener;
    const listener = { onLost, onPause, onTurn: () => this.#turned(part) };
    /** @type {AnswerPart} */
    const part = new AnswerPart({ source, uploader, reportsEvents, listener }, upload);
    this.part = part;
    await part.start().catch((trouble) => this.#notStarted(part, trouble));
    this.notes.write({ interrupted: null });
    await this.wakeLock.request();
    this.listener.onRecording(leftMs);
  }

  /**
   * @param {AnswerPart} part
   * @param {Error} trouble
   */
  async #notStarted(part, trouble) {
    await part.end();
    if (part.isEmpty) this.#remove(part.upload.answer_id);
    throw trouble;
  }

  /**
   * The picture has another size now, and this file cannot hold it: end this part, and continue in a further one.
   * @param {AnswerPart} part
   */
  #turned(part) {
    this.takenBeforeMs += part.recordedMs;
    const leftMs = this.question.limit_ms - this.takenBeforeMs;
    if (leftMs < WORTH_CONTINUING_MS) return this.listener.onTurnedLate();
    this.turning = this.#continue(part, leftMs)
      .catch(() => this.listener.onStuck(part.upload.answer_id, _("Your device was turned, and recording stopped")))
      .finally(() => (this.turning = null));
  }

  /**
   * @param {AnswerPart} part
   * @param {number} leftMs
   */
  async #continue(part, leftMs) {
    await part.stop();
    const ending = this.#end(part); // the next part does not wait for it
    await this.#start(this.#furtherPart(this.#answerOf(part)), leftMs);
    await ending;
    this.listener.onTurned();
  }

  /**
   * @param {{ upload: Upload }} options
   * @returns {Answer}
   */
  #answerOf({ upload }) {
    const found = this.question.answers.find(({ answer_id }) => answer_id === upload.answer_id);
    return /** @type {Answer} */ (found);
  }

  /** @param {AnswerPart} part */
  #end(part) {
    this.#answerOf(part).recorded_ms = Math.round(part.recordedMs);
    return part.end();
  }

  /**
   * No byte came: there is no such answer, and its take is not used.
   * @param {string} answerId
   */
  #remove(answerId) {
    /** @type {string[]} */
    this.emptyAnswers.push(answerId);
    this.question.answers = this.question.answers.filter(({ answer_id }) => answer_id !== answerId);
  }
}
