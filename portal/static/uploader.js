// Sends every recorded piece to the server, in order, until it has all of them, through lost connections, restarted
// servers and reloaded pages. One loop, one request at a time. Knows answers only as uploads; shows nothing.

import { Problem, Unreachable, isPassing } from "./api.js";
import * as tus from "./tus.js";

const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 8_000; // a restarted server is noticed within this
const REFUSED = new Set([400, 403, 404, 410, 413, 415, 422]); // asking again would not change the answer
const MOST_EVENTS = 100; // in one request: what the server takes

/** One answer on its way. What record() names survives a reload; the rest belongs to this page. */
export class Job {
  constructor(values) {
    this.events = [];
    this.is_ended = false;
    this.recorded_ms = 0; // null: nobody knows any more
    this.stored_bytes = 0; // recorded and kept, here or there
    this.sent_bytes = null; // what the server holds; null: not asked yet
    this.saved_ms = 0; // the same as time
    this.is_complete = false;
    this.failure = "";
    Object.assign(this, values);
  }

  record() {
    const { answer_id, interview_id, upload_url, upload_token, is_ended, recorded_ms, events } = this;
    return { answer_id, interview_id, upload_url, upload_token, is_ended, recorded_ms, events };
  }

  get isOpen() {
    return !this.is_complete && !this.failure;
  }

  get hasMediaWork() {
    return this.isOpen && (this.is_ended || this.sent_bytes === null || this.sent_bytes < this.stored_bytes);
  }

  get hasEventWork() {
    return !this.failure && this.closedEvents.length > 0;
  }

  get closedEvents() {
    return this.events.filter((event) => this.is_ended || !event.is_open);
  }
}

export class Uploader {
  /** `onChange(uploader)` is called whenever something that a page shows may have changed. */
  constructor({ api, store, chunkMaxBytes, needsNetwork, onChange }) {
    Object.assign(this, { api, store, chunkMaxBytes, needsNetwork, onChange });
    this.jobs = [];
    this.trouble = null; // the error that keeps us waiting
    this.failures = 0;
    this.wake = () => {};
    this.waiting = []; // who wants to hear of the next change
    window.addEventListener("online", () => this.retry());
    window.addEventListener("offline", () => this.#changed());
    this.#run();
  }

  async add(job) {
    this.jobs.push(job);
    await this.store.putJob(job.record());
    this.poke();
  }

  /** Keep a recorded blob, then send it. Call once at a time: pieces are placed by the order of the calls. */
  async addBlob(job, blob, untilMs) {
    for (let at = 0; at < blob.size; at += this.chunkMaxBytes) {
      const bytes = await blob.slice(at, at + this.chunkMaxBytes).arrayBuffer();
      await this.store.putPiece({ answer_id: job.answer_id, start: job.stored_bytes, bytes, until_ms: untilMs });
      job.stored_bytes += bytes.byteLength; // only now: the loop reads up to here
      this.poke();
    }
  }

  /** No more pieces will come. */
  async end(job, recordedMs) {
    job.is_ended = true;
    job.recorded_ms = recordedMs;
    await this.store.putJob(job.record());
    this.poke();
  }

  async addEvent(job, event) {
    job.events.push(event);
    await this.eventChanged(job);
  }

  async eventChanged(job) {
    await this.store.putJob(job.record());
    this.poke();
  }

  /** Resolves once the server has all of these answers (or refused them for good). */
  async whenSettled(answerIds) {
    const isOpen = (job) => answerIds.includes(job.answer_id) && job.isOpen;
    while (this.jobs.some(isOpen)) await new Promise((resolve) => this.waiting.push(resolve));
  }

  /** The error that keeps recorded bytes from going up; null when none does. */
  get obstacle() {
    return this.trouble ?? (navigator.onLine || !this.needsNetwork ? null : new Unreachable("offline"));
  }

  get hasUnsent() {
    return this.jobs.some((job) => job.isOpen);
  }

  poke() {
    this.#changed();
    this.wake();
  }

  /** Do not wait any longer: what stood in the way may be gone. */
  retry() {
    [this.trouble, this.failures] = [null, 0];
    this.poke();
  }

  #changed() {
    this.waiting.splice(0).forEach((resolve) => resolve());
    this.onChange(this);
  }

  async #run() {
    for (;;) {
      const job = this.jobs.find((one) => one.hasMediaWork) ?? this.jobs.find((one) => one.hasEventWork);
      if (!job) {
        await this.#rest();
        continue;
      }
      try {
        await this.#step(job);
        [this.trouble, this.failures] = [null, 0];
      } catch (error) {
        await this.#recover(job, error);
      }
      this.#changed();
    }
  }

  /** One request's worth of progress. */
  async #step(job) {
    if (!job.hasMediaWork) return this.#sendEvents(job);
    if (job.sent_bytes === null) return this.#sent(job, await tus.offset(job));
    if (job.sent_bytes < job.stored_bytes) return this.#sendBytes(job);
    return this.#complete(job);
  }

  async #sendBytes(job) {
    const next = await this.store.read(job.answer_id, job.sent_bytes, this.chunkMaxBytes);
    if (!next) {
      // The browser lost what it kept (its data were cleared, say): go on with what the server holds.
      console.warn("Recorded pieces are gone from this browser.");
      job.stored_bytes = job.sent_bytes;
      return;
    }
    await this.#sent(job, await tus.append(job, job.sent_bytes, next.bytes));
    job.saved_ms = next.untilMs;
  }

  async #sent(job, offset) {
    job.sent_bytes = offset;
    job.stored_bytes = Math.max(job.stored_bytes, offset);
    await this.store.dropBefore(job.answer_id, offset);
  }

  /** What the page noticed is a small extra: it waits for every recorded byte, and nothing waits for it. */
  async #sendEvents(job) {
    const events = job.closedEvents.slice(0, MOST_EVENTS);
    const body = events.map(({ kind, t_ms, until_ms, characters = null }) => ({ kind, t_ms, until_ms, characters }));
    try {
      await this.api.post("events", { answer_id: job.answer_id, events: body });
    } catch (error) {
      if (isPassing(error) || error.status === 401) return this.#rest(LONGEST_WAIT_MS);
      if (!(error instanceof Problem)) throw error;
      // Refused: these would be refused again, so they are dropped.
    }
    job.events = job.events.filter((event) => !events.includes(event));
    await this.#remember(job);
  }

  /** Keep what is still to be sent; nothing of an answer that is through. */
  #remember(job) {
    const isThrough = job.is_complete && !job.events.length;
    return isThrough ? this.store.forget(job.answer_id) : this.store.putJob(job.record());
  }

  async #complete(job) {
    const body = { length: job.stored_bytes, recorded_ms: job.recorded_ms };
    await this.api.post(`answers/${job.answer_id}/complete`, body);
    job.is_complete = true;
    job.saved_ms = job.recorded_ms ?? job.saved_ms;
    await this.#remember(job);
  }

  async #recover(job, failed) {
    const error = failed.status === 401 ? await this.#renewalError(job) : failed;
    if (error?.status === 409) return this.#settle(job, error);
    if (REFUSED.has(error?.status)) {
      job.failure = error.message;
      return;
    }
    if (error && !(error instanceof Problem) && !isPassing(error)) console.error("Uploading failed, trying again:", error);
    this.trouble = error;
    this.#changed();
    await this.#pause();
  }

  async #pause() {
    await this.#rest(Math.min(FIRST_WAIT_MS * 2 ** this.failures, LONGEST_WAIT_MS));
    this.failures += 1;
  }

  /** We and the server disagree on how much it holds: the server is right, unless it says nothing about that. */
  async #settle(job, error) {
    const isAboutBytes = "offset" in error.body || job.sent_bytes < job.stored_bytes;
    if (isAboutBytes) job.sent_bytes = null;
    else job.failure = error.message;
    await this.#pause();
  }

  /** Get a new token; null, or what stands in the way of it. */
  async #renewalError(job) {
    try {
      const { upload_url, upload_token } = await this.api.post(`answers/${job.answer_id}/token`, {});
      Object.assign(job, { upload_url, upload_token });
      return null;
    } catch (error) {
      return error;
    }
  }

  #rest(ms) {
    return new Promise((resolve) => {
      const timer = ms === undefined ? null : setTimeout(resolve, ms);
      this.wake = () => {
        // New pieces must not shorten a wait for the server; the network's return clears `trouble` first.
        if (timer === null || this.trouble === null) resolve();
      };
    });
  }
}
