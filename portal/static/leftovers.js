// Answers that an earlier load of this page left unfinished, here or in another browser: sends what is still kept here and
// completes them. Knows how a recording can end without anybody saying so; shows nothing.

import { Job } from "./uploader.js";

export class Leftovers {
  /** `untilReached(ask)` repeats a request while the server cannot be reached. */
  constructor({ api, store, notes, uploader, untilReached, interviewId }) {
    Object.assign(this, { api, store, notes, uploader, untilReached, interviewId });
  }

  async send(questions) {
    const records = new Map((await this.store.jobs(this.interviewId)).map((record) => [record.answer_id, record]));
    for (const question of questions) {
      for (const answer of [...question.answers]) {
        const record = records.get(answer.answer_id);
        if (answer.state === "recording") await this.#finish(question, answer, record);
        else if (record) await this.store.forget(answer.answer_id);
      }
    }
  }

  async #finish(question, answer, record) {
    const stored_bytes = await this.store.endOfPieces(answer.answer_id);
    if (!stored_bytes && !answer.received_bytes) return this.#dropEmpty(question, answer);
    if (!record?.is_ended) this.notes.write({ interrupted: answer.answer_id });
    answer.recorded_ms = record?.is_ended ? record.recorded_ms : this.notes.recordedMs(answer.answer_id);
    const known = record || (await this.untilReached(() => this.api.post(`answers/${answer.answer_id}/token`, {})));
    const { recorded_ms, answer_id } = answer;
    const job = { ...known, answer_id, interview_id: this.interviewId, is_ended: true, recorded_ms, stored_bytes };
    await this.uploader.add(new Job(job));
  }

  /** Nothing was recorded before it was cut off: the take is not used. */
  async #dropEmpty(question, answer) {
    await this.untilReached(() => this.api.post(`answers/${answer.answer_id}/complete`, { length: 0 }));
    await this.store.forget(answer.answer_id);
    question.answers.splice(question.answers.indexOf(answer), 1);
  }
}
