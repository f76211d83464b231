// Records the takes of an interview's questions, part by part: asks the server for each answer, starts and ends its recorder,
// goes on in a further part where the device was turned, and takes out of which nothing came. Shows nothing.

import { Awake } from "../devices/wake_lock.js";
import { Job } from "../upload/upload.js";
import { Part } from "./answer_part.js";
import { takeMs } from "./takes.js";
import { uuid } from "../server/uuid.js";

export const WORTH_GOING_ON_MS = 5_000; // less time than this left in an answer is no use to anybody

export class Answering {
  /**
   * `told` hears onRecording(leftMs), onStopping() before anything is waited for, onLost(why), onPause(kind, isPaused),
   * and, where the device was turned: onTurned() once it records on, onTurnedLate() where too little time is left for that,
   * onStuck(answerId, why) where it did not.
   */
  constructor({ source, uploader, notes, interviewId, isWatched, untilReached, told }) {
    Object.assign(this, { source, uploader, notes, interviewId, isWatched, untilReached, told });
    this.awake = new Awake();
    this.part = null;
    this.turning = null; // while one part ends and the next begins
    this.emptied = []; // answers of which not one byte came: on their way out
  }

  get isRunning() {
    return Boolean(this.part?.isRunning);
  }

  get job() {
    return this.part?.job ?? null;
  }

  get recordedMs() {
    return this.part?.recordedMs ?? 0;
  }

  /** Record a take of this question; `continues` names the answer whose take goes on. */
  async begin(question, continues) {
    Object.assign(this, { question, takenBeforeMs: continues ? takeMs(question) : 0 });
    const job = await this.#newAnswer(continues);
    await this.#start(job, job.limit_ms);
  }

  /** End the recording, keep everything. Resolves to { answerId, isEmpty, hasEnded }, or null where none runs. */
  async stop() {
    await this.turning;
    const { part } = this;
    if (!part?.isRunning) return null;
    this.told.onStopping();
    this.awake.letGo();
    const hasEnded = await part.halt();
    await this.#end(part);
    if (part.isEmpty) this.#takeOut(part.job.answer_id);
    return { answerId: part.job.answer_id, isEmpty: part.isEmpty, hasEnded };
  }

  /** Another question comes: what was recorded before is no longer spoken of. */
  leave() {
    this.part = null;
  }

  /** A crash announces nothing: how long it ran is noted while it runs. */
  noteTime() {
    if (this.isRunning) this.job.recorded_ms = Math.round(this.recordedMs);
    this.notes.keep(this.uploader.jobs);
  }

  /** A new take, or part of one, begins when the server has the last one whole; another question need not wait. */
  async #newAnswer(continues) {
    const { question } = this;
    await this.uploader.whenSettled([...question.answers.map((answer) => answer.answer_id), ...this.emptied]);
    const wish = this.#wish(continues);
    const reply = await this.untilReached(() => this.source.begin(wish));
    question.unsaved = "";
    if (!continues) question.gone = "";
    return this.#add({ ...reply, wish, sent_bytes: 0 });
  }

  /** It is recorded at once and has a name of its own; the uploader asks the server for its place when it can be had. */
  #furtherPart({ answer_id, take, part }) {
    return this.#add({ answer_id: uuid(), wish: this.#wish(answer_id), take, part: part + 1 });
  }

  #wish(continues) {
    return { question: this.question.position, continues, container: this.source.container };
  }

  #add(values) {
    const { answer_id, take, part } = values;
    this.question.answers.push({ answer_id, take, part, state: "recording", recorded_ms: 0 });
    const job = new Job({ ...values, interview_id: this.interviewId, watched: true });
    this.uploader.add(job);
    return job;
  }

  async #start(job, leftMs) {
    const { source, uploader, isWatched } = this;
    const { onLost, onPause } = this.told;
    const part = new Part({ source, uploader, isWatched, told: { onLost, onPause, onTurn: () => this.#turned() } }, job);
    this.part = part;
    await part.start().catch((trouble) => this.#notStarted(part, trouble));
    this.notes.write({ interrupted: null });
    await this.awake.hold();
    this.told.onRecording(leftMs);
  }

  async #notStarted(part, trouble) {
    await part.end();
    if (part.isEmpty) this.#takeOut(part.job.answer_id);
    throw trouble;
  }

  /** The picture has another size now, and this file cannot hold it: end it here, go on in a further part at once. */
  #turned() {
    const { part } = this;
    this.takenBeforeMs += part.recordedMs;
    const leftMs = this.question.limit_ms - this.takenBeforeMs;
    if (leftMs < WORTH_GOING_ON_MS) return this.told.onTurnedLate();
    this.turning = this.#goOn(part, leftMs)
      .catch(() => this.told.onStuck(part.job.answer_id, "Your device was turned, and recording stopped"))
      .finally(() => (this.turning = null));
  }

  async #goOn(part, leftMs) {
    await part.halt();
    const ending = this.#end(part); // the next part does not wait for it
    await this.#start(this.#furtherPart(this.#answerOf(part)), leftMs);
    await ending;
    this.told.onTurned();
  }

  #answerOf({ job }) {
    return this.question.answers.find(({ answer_id }) => answer_id === job.answer_id);
  }

  #end(part) {
    this.#answerOf(part).recorded_ms = Math.round(part.recordedMs);
    return part.end();
  }

  /** Not one byte came: there is no such answer, and its take is not used. */
  #takeOut(answerId) {
    this.emptied.push(answerId);
    this.question.answers = this.question.answers.filter(({ answer_id }) => answer_id !== answerId);
  }
}
