// Answers that an earlier load of this page left unfinished, here or on another device: sends what is still kept here and
// completes them. Knows how a recording can end without anybody saying so; shows nothing.

import { Job, missingText } from "./upload.js";
import { takesUsed } from "../room/takes.js";
import { StorageTrouble } from "./piece_store.js";

const LOOK_EVERY_MS = 1_000;
const QUIET_LOOKS = 7; // a page notices within 5 s that it lost its seat; then it stops, and sends the rest

const TRY_ONCE_MORE = "Reload the page: it often answers then. What it had kept and does not give back then is lost; what the server has stays saved.";

export class Leftovers {
  /** `untilReached(ask)` repeats a request while the server cannot be reached; `onWaiting()`: another device is waited for. */
  constructor({ api, store, notes, uploader, untilReached, onWaiting, interviewId }) {
    Object.assign(this, { api, store, notes, uploader, untilReached, onWaiting, interviewId });
  }

  async send(questions) {
    this.records = new Map((await this.store.jobs(this.interviewId)).map((record) => [record.answer_id, record]));
    for (const question of questions) {
      for (const answer of [...question.answers]) await this.#settle(question, answer);
      await this.#sendUnbegun(question);
    }
  }

  async #settle(question, answer) {
    const { answer_id } = answer;
    const record = this.records.get(answer_id);
    const isOurs = record || this.notes.of(answer_id);
    if (answer.state === "recording" && !isOurs) await this.#waitForOther(answer);
    if (answer.state === "gone") remove(question, answer);
    else if (answer.state === "recording") await this.#finish(question, answer, record);
    else if (record?.events.length) await this.#report(answer, record);
    else if (record) await this.store.forget(answer_id);
  }

  /** What was recorded, part after part, before the server could be asked for a place for it. */
  async #sendUnbegun(question) {
    const names = () => question.answers.map(({ answer_id }) => answer_id);
    const left = [...this.records.values()].filter(({ wish }) => wish?.question === question.position);
    let unbegun = left.filter((record) => !record.upload_url && !names().includes(record.answer_id));
    while (unbegun.length) {
      const record = unbegun.find(({ wish }) => names().includes(wish.continues)) ?? unbegun[0];
      unbegun = unbegun.filter((other) => other !== record);
      await this.#takeUp(question, record);
    }
    question.gone = this.#goneOf(question);
  }

  async #takeUp(question, record) {
    const isThere = (await this.store.endOfPieces(record.answer_id)) > 0;
    if (!isThere && this.store.isDurable) return this.store.forget(record.answer_id); // nothing was recorded
    const continues = this.#stillThere(question, record.wish.continues);
    const before = question.answers.find(({ answer_id }) => answer_id === continues);
    const place = before ? { take: before.take, part: before.part + 1 } : { take: takesUsed(question) + 1, part: 1 };
    const answer = { answer_id: record.answer_id, ...place, state: "recording", received_bytes: 0 };
    question.answers.push(answer);
    await this.#finish(question, answer, { ...record, wish: { ...record.wish, continues } });
  }

  /** The part to go on from: where nothing arrived of the one that was meant, the one before that. */
  #stillThere(question, answerId) {
    if (answerId === null || question.answers.some(({ answer_id }) => answer_id === answerId)) return answerId;
    return this.#stillThere(question, this.records.get(answerId)?.wish?.continues ?? null);
  }

  /** What was recorded before the server could be asked for a place, and was in the memory of that page only. */
  #goneOf(question) {
    const isHere = ([answerId]) => this.records.has(answerId) || question.answers.some(({ answer_id }) => answer_id === answerId);
    const isOf = ([, { waits }]) => waits?.question === question.position && waits.take === takesUsed(question);
    const lost = Object.entries(this.notes.values.answers).filter((entry) => isOf(entry) && !isHere(entry));
    return missingText(lost.reduce((sum, [, { recorded_ms }]) => sum + recorded_ms, 0));
  }

  /** Another device may still be recording this answer, or sending it: until it completes it, or nothing comes any more. */
  async #waitForOther(answer) {
    this.onWaiting();
    for (let quiet = 0; quiet < QUIET_LOOKS && answer.state === "recording"; quiet += 1) {
      await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
      const { questions } = await this.untilReached(() => this.api.get("room.json"));
      const known = questions.flatMap((question) => question.answers);
      const now = known.find((one) => one.answer_id === answer.answer_id) ?? { state: "gone" };
      if (now.received_bytes > answer.received_bytes) quiet = 0;
      Object.assign(answer, now);
    }
  }

  async #finish(question, answer, record) {
    const { answer_id } = answer;
    const stored_bytes = await this.store.endOfPieces(answer_id);
    const job = this.#job(answer, record, stored_bytes);
    job.gone = this.#unread(job);
    if (!stored_bytes && !answer.received_bytes) return this.#dropEmpty(question, answer);
    if (!record?.is_ended) this.notes.write({ interrupted: answer_id });
    answer.recorded_ms = job.recorded_ms;
    if (!record) Object.assign(job, await this.untilReached(() => this.api.post(`answers/${answer_id}/token`, {})));
    await this.uploader.add(job);
  }

  /** As it stands now: what is kept here, what the server has of it, and up to when that is as far as was noted. */
  #job({ answer_id, received_bytes }, record, stored_bytes) {
    const note = this.notes.of(answer_id);
    const recorded_ms = record?.is_ended ? record.recorded_ms : (note?.recorded_ms ?? null);
    const held_ms = this.store.untilMs(answer_id, stored_bytes) ?? 0;
    const job = this.#made({ ...record, answer_id, recorded_ms, stored_bytes, held_ms, marks: note?.marks ?? [] });
    const knownMs = job.markedMs(received_bytes) ?? (record?.saved_bytes === received_bytes ? record.saved_ms : undefined);
    const is_vague = knownMs === undefined && !held_ms;
    return Object.assign(job, { saved_bytes: received_bytes, saved_ms: knownMs ?? record?.saved_ms ?? 0, is_vague });
  }

  /**
   * Why some of an answer of this browser is missing: its storage cannot be read. Throws the first time, since it often can
   * after a reload, and what is completed now without it would never be whole.
   */
  #unread(job) {
    const { answer_id } = job;
    const isAll = !job.missing && !job.isVague;
    if (isAll || this.store.isDurable || !this.notes.of(answer_id)) return "";
    if (this.notes.values.unread === answer_id) return "this browser could not read what it had kept";
    this.notes.write({ unread: answer_id });
    throw Object.assign(new StorageTrouble("This browser's storage does not answer"), { advice: TRY_ONCE_MORE });
  }

  /** It is all there; what the page noticed meanwhile is still to be told. */
  #report({ duration_ms }, record) {
    const saved = duration_ms === null ? { is_left: false } : { saved_ms: duration_ms };
    return this.uploader.add(this.#made({ ...record, ...saved, is_complete: true }));
  }

  #made(values) {
    const is_left = this.uploader.needsNetwork; // a machine that records by itself leaves nothing
    return new Job({ is_left, ...values, interview_id: this.interviewId, is_ended: true });
  }

  /** Nothing was recorded before it was cut off: the take is not used. */
  async #dropEmpty(question, answer) {
    await this.untilReached(() => this.#completeEmpty(answer.answer_id));
    await this.store.forget(answer.answer_id);
    remove(question, answer);
  }

  async #completeEmpty(answerId) {
    try {
      await this.api.post(`answers/${answerId}/complete`, { length: 0 });
    } catch (error) {
      if (error.status !== 404) throw error; // gone: done before, and that reply was lost
    }
  }
}

function remove(question, answer) {
  question.answers.splice(question.answers.indexOf(answer), 1);
}
