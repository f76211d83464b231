// One request's worth of progress of one answer: asks for its place, sends bytes, completes it, reports what the page
// noticed. Believes the server's own answers only. Throws what went wrong; what then happens is uploader.js.

import { Problem, Unintelligible, Unreachable, isPassing } from "../server/api.js";
import { Pace } from "./chunk_size.js";
import * as tus from "./tus.js";

const NOT_KEPT = new Set([null, "recording", "discarded"]); // states of an answer that the server does not count
const MOST_EVENTS = 100; // in one request: what the server takes
const LAST_BLOB_MS = 1_500; // a recorder that was stopped has handed over all it had, if its last blob is as young as this
const SEND_EVERY_MS = 1_000; // pieces come more often, so that a crash loses little; requests need not

export class Delivery {
  /** `begin(wish)` asks for an answer's place; `needsNetwork`: bytes come from this page. */
  constructor({ api, store, chunkMaxBytes, needsNetwork, begin }) {
    Object.assign(this, { api, store, needsNetwork, begin, pace: new Pace(chunkMaxBytes) });
  }

  media(job) {
    if (!job.isBegun) return this.#begin(job);
    if (job.sent_bytes === null || job.isUnsure) return this.#ask(job);
    if (job.sent_bytes < job.stored_bytes) return this.#sendBytes(job);
    return this.#complete(job);
  }

  /** What the page noticed is a small extra, and nothing waits for it but the end of the interview for a pause. */
  async reports(job) {
    const [events, isLast] = [job.dueEvents.slice(0, MOST_EVENTS), job.is_ended];
    const open = isLast ? [] : events.filter((event) => event.is_open);
    const body = events.map(({ kind, t_ms, until_ms, characters = null }) => ({ kind, t_ms, until_ms, characters }));
    try {
      await this.api.post("events", { answer_id: job.answer_id, events: body });
    } catch (error) {
      if (isPassing(error) || error.status === 401 || !(error instanceof Problem)) throw error;
      job.watched = false; // refused: these would be refused again, so they are dropped
    }
    open.forEach((event) => (event.is_told = true)); // its end is told when it comes
    job.events = job.events.filter((event) => open.includes(event) || !events.includes(event));
    await this.#remember(job);
  }

  /** Get a new token; null, or what stands in the way of it. */
  async renewalError(job) {
    try {
      const { upload_url, upload_token } = await this.api.post(`answers/${job.answer_id}/token`, {});
      Object.assign(job, { upload_url, upload_token });
      return null;
    } catch (error) {
      return error;
    }
  }

  /** Nothing more of this answer will arrive: what the server has is the answer. */
  giveUp(job, why) {
    if (job.lost) job.failure = why;
    else job.lost = why;
    job.sent_bytes = job.stored_bytes = job.sent_bytes ?? job.saved_bytes;
  }

  /** It was recorded before the server could be asked; of nothing it is not asked at all. */
  async #begin(job) {
    if (job.is_ended && !job.stored_bytes) return this.#void(job);
    const { upload_url, upload_token } = await this.begin({ ...job.wish, answer_id: job.answer_id });
    Object.assign(job, { upload_url, upload_token });
    await this.store.putJob(job.record());
  }

  async #ask(job) {
    return this.#confirmed(job, await tus.offset(job));
  }

  async #sendBytes(job) {
    const bytes = await this.store.read(job.answer_id, job.sent_bytes, this.pace.bytes);
    if (!bytes) return this.#missing(job);
    job.isAskedAgain = false;
    const end = job.sent_bytes + bytes.byteLength;
    job.marks = [[job.saved_bytes, job.saved_ms], [end, this.store.untilMs(job.answer_id, end) ?? job.saved_ms]];
    const began = performance.now();
    try {
      const offset = await tus.append(job, job.sent_bytes, bytes);
      this.pace.arrived(bytes.byteLength, performance.now() - began);
      await this.#confirmed(job, offset);
    } catch (error) {
      job.isUnsure = error instanceof Unreachable; // it may have arrived all the same: on a slow line often a little later
      throw this.pace.failed(error, bytes.byteLength, performance.now() - began);
    }
    if (job.sent_bytes === job.stored_bytes && !job.is_ended) job.media.rest(began + SEND_EVERY_MS - performance.now());
  }

  /** The server holds so much, by a well-formed answer of its own: only now it counts as saved. */
  async #confirmed(job, offset) {
    const isFromElsewhere = offset > job.stored_bytes; // an earlier load of this page sent it, or the machine recorded it
    if (isFromElsewhere && this.needsNetwork && !job.is_ended) throw new Unintelligible(200, "More than was recorded");
    job.isUnsure = false;
    job.sent_bytes = offset;
    job.stored_bytes = Math.max(job.stored_bytes, offset);
    const knownMs = this.store.untilMs(job.answer_id, offset) ?? job.markedMs(offset);
    if (offset < job.saved_bytes) job.saved_ms = 0; // it had confirmed more before: nobody knows up to when this is
    if (offset !== job.saved_bytes) job.is_vague = knownMs === undefined && !job.held_ms;
    job.saved_ms = knownMs ?? job.saved_ms;
    job.saved_bytes = offset;
    await this.store.dropBefore(job.record(), offset);
  }

  /** What follows is neither here nor there. The server is asked once more; then the answer ends where the hole begins. */
  async #missing(job) {
    if (job.isAskedAgain) return this.giveUp(job, "a part of it is gone from this browser");
    [job.isAskedAgain, job.sent_bytes] = [true, null];
  }

  /** Keep what is still to be sent; nothing of an answer that is through. */
  #remember(job) {
    const isThrough = job.is_complete && !job.events.length;
    return isThrough ? this.store.forget(job.answer_id) : this.store.putJob(job.record());
  }

  async #complete(job) {
    if (job.hasReports) await this.reports(job).catch((error) => console.info("What the page noticed is told later:", error.message));
    if (NOT_KEPT.has(await this.#completed(job))) return this.#void(job);
    job.is_complete = true;
    const isAll = this.needsNetwork && !job.trouble && !job.is_left && job.recorded_ms - job.saved_ms < LAST_BLOB_MS;
    if (isAll || !this.needsNetwork) job.saved_ms = job.recorded_ms ?? job.saved_ms;
    await this.#remember(job);
  }

  /** There is no such answer. Pieces of one that was refused its place stay here: another load may be given one. */
  async #void(job) {
    [job.is_void, job.failure] = [true, job.lost || "nothing of it arrived"];
    if (job.isBegun || !job.lost) await this.store.forget(job.answer_id);
  }

  /** The state that the answer has at the server; null where it has no such answer. */
  async #completed(job) {
    const body = { length: job.stored_bytes, recorded_ms: job.recorded_ms, watched: job.watched && !job.hasReports };
    try {
      return (await this.api.post(`answers/${job.answer_id}/complete`, body)).state;
    } catch (error) {
      if (error.status === 404 && !job.stored_bytes) return null; // told before, and that reply was lost
      throw error;
    }
  }
}
