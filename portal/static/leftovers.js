// Answers that an earlier load of this page left unfinished, here or on another device: sends what is still kept here and
// completes them. Knows how a recording can end without anybody saying so; shows nothing.

import { Job } from "./job.js";
import { StorageTrouble } from "./store.js";

const LOOK_EVERY_MS = 1_000;
const QUIET_LOOKS = 7; // a page notices within 5 s that it lost its seat; then it stops, and sends the rest

export class Leftovers {
  /** `untilReached(ask)` repeats a request while the server cannot be reached; `onWaiting()`: another device is waited for. */
  constructor({ api, store, notes, uploader, untilReached, onWaiting, interviewId }) {
    Object.assign(this, { api, store, notes, uploader, untilReached, onWaiting, interviewId });
  }

  async send(questions) {
    const records = new Map((await this.store.jobs(this.interviewId)).map((record) => [record.answer_id, record]));
    for (const question of questions) {
      for (const answer of [...question.answers]) await this.#settle(question, answer, records.get(answer.answer_id));
    }
  }

  async #settle(question, answer, record) {
    const isOurs = record || this.notes.recordedMs(answer.answer_id) !== null;
    if (answer.state === "recording" && !isOurs) await this.#waitForOther(answer);
    if (answer.state === "gone") remove(question, answer);
    else if (answer.state === "recording") await this.#finish(question, answer, record);
    else if (record?.events.length) await this.#add({ ...record, is_complete: true });
    else if (record) await this.store.forget(answer.answer_id);
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
    const lost = this.#unread(answer_id, record);
    if (!stored_bytes && !answer.received_bytes) return this.#dropEmpty(question, answer);
    const is_cut = !record?.is_ended;
    if (is_cut) this.notes.write({ interrupted: answer_id });
    const recorded_ms = is_cut ? this.notes.recordedMs(answer_id) : record.recorded_ms;
    answer.recorded_ms = recorded_ms;
    const known = record || (await this.untilReached(() => this.api.post(`answers/${answer_id}/token`, {})));
    await this.#add({ ...known, answer_id, recorded_ms, stored_bytes, is_cut, lost });
  }

  /**
   * Why some of an answer of this browser may be missing: its storage cannot be read. Throws the first time, since it often
   * can after a reload, and what is completed now without it would never be whole.
   */
  #unread(answerId, record) {
    if (record || this.store.isDurable || this.notes.recordedMs(answerId) === null) return "";
    if (this.notes.values.unread === answerId) return "this browser could not read what it had kept";
    this.notes.write({ unread: answerId });
    throw new StorageTrouble("This browser's storage does not answer");
  }

  #add(values) {
    return this.uploader.add(new Job({ ...values, interview_id: this.interviewId, is_ended: true }));
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
