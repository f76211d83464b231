// Sends every recorded piece to the server, in order, until it has all of them, through lost connections, restarted
// servers and reloaded pages. One loop, one request at a time. Believes the server's own answers only: its refusals end an
// answer, whatever else comes is tried again. Knows answers only as uploads; shows nothing.

import { Problem, Unintelligible, Unreachable, isPassing } from "./api.js";
import { Job } from "./job.js";
import { Pace } from "./pace.js";
import { StorageTrouble } from "./store.js";
import * as tus from "./tus.js";

export { Job };

const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 8_000; // a restarted server is noticed within this
const FINAL = new Set([403, 404, 409, 410, 413, 415, 422]); // of our own refusals: asking again would not change the answer
const NOT_KEPT = new Set([null, "recording", "discarded"]); // states of an answer that the server does not count
const MOST_EVENTS = 100; // in one request: what the server takes
const LAST_BLOB_MS = 1_500; // a recorder that was stopped has handed over all it had, if its last blob is as young as this

export class Uploader {
  /** `onChange(uploader)` is called whenever something that a page shows may have changed. */
  constructor({ api, store, chunkMaxBytes, needsNetwork, onChange }) {
    Object.assign(this, { api, store, chunkMaxBytes, needsNetwork, onChange });
    this.jobs = [];
    this.pace = new Pace(chunkMaxBytes);
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

  /** Keep a recorded blob and send it. Call once at a time: pieces are placed by the order of the calls. */
  async addBlob(job, blob, untilMs) {
    const bytes = await blob.arrayBuffer().catch((error) => (job.lost ||= `the browser could not read it (${error.name})`));
    if (job.trouble) return; // a file with a hole in it is of no use: it ends before the hole
    const piece = { answer_id: job.answer_id, start: job.stored_bytes, bytes, until_ms: untilMs };
    await this.store.putPiece(piece, () => {
      job.stored_bytes += bytes.byteLength; // only now: the loop reads up to here
      this.poke();
    });
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

  /** Resolves once something of each answer is at the server, or none of it ever will be. */
  async whenBegun() {
    const isAhead = (job) => job.isOpen && !job.sent_bytes && !job.saved_bytes;
    while (this.jobs.some(isAhead)) await new Promise((resolve) => this.waiting.push(resolve));
  }

  /** The error that keeps recorded bytes from going up; null when none does. */
  get obstacle() {
    return this.trouble ?? (navigator.onLine || !this.needsNetwork ? null : new Unreachable("offline"));
  }

  get hasUnsent() {
    return this.jobs.some((job) => job.isOpen);
  }

  /** How long what is here will take to be sent, as the line is now; null while nobody knows. */
  get leftMs() {
    const isStuck = this.obstacle && !this.obstacle.isTimeout;
    return isStuck ? null : this.pace.leftMs(this.jobs.reduce((sum, job) => sum + job.unsentBytes, 0));
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
    try {
      this.onChange(this);
    } catch (error) {
      console.error("How the uploads stand could not be shown; sending goes on:", error);
    }
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
    if (job.sent_bytes === null || job.isUnsure) return this.#confirmed(job, await tus.offset(job));
    if (job.sent_bytes < job.stored_bytes) return this.#sendBytes(job);
    return this.#complete(job);
  }

  async #sendBytes(job) {
    const bytes = await this.store.read(job.answer_id, job.sent_bytes, this.pace.bytes);
    if (!bytes) return this.#missing(job);
    job.isAskedAgain = false;
    const began = performance.now();
    try {
      const offset = await tus.append(job, job.sent_bytes, bytes);
      this.pace.arrived(bytes.byteLength, performance.now() - began);
      await this.#confirmed(job, offset);
    } catch (error) {
      job.isUnsure = error instanceof Unreachable; // it may have arrived all the same: on a slow line often a little later
      throw this.pace.failed(error, bytes.byteLength, performance.now() - began);
    }
  }

  /** The server holds so much, by a well-formed answer of its own: only now it counts as saved. */
  async #confirmed(job, offset) {
    const isFromElsewhere = offset > job.stored_bytes; // an earlier load of this page sent it, or the machine recorded it
    if (isFromElsewhere && this.needsNetwork && !job.is_ended) throw new Unintelligible(200, "More than was recorded");
    job.isUnsure = false;
    job.sent_bytes = offset;
    job.stored_bytes = Math.max(job.stored_bytes, offset);
    if (offset < job.saved_bytes) job.saved_ms = 0; // it had confirmed more before: nobody knows up to when this is
    job.saved_ms = this.store.untilMs(job.answer_id, offset) ?? job.saved_ms;
    job.saved_bytes = offset;
    await this.store.dropBefore(job.record(), offset);
  }

  /** What follows is neither here nor there. The server is asked once more; then the answer ends where the hole begins. */
  async #missing(job) {
    if (job.isAskedAgain) return this.#giveUp(job, "a part of it is gone from this browser");
    [job.isAskedAgain, job.sent_bytes] = [true, null];
    await this.#pause();
  }

  /** Nothing more of this answer will arrive: what the server has is the answer. */
  #giveUp(job, why) {
    if (job.lost) job.failure = why;
    else job.lost = why;
    job.sent_bytes = job.stored_bytes = job.sent_bytes ?? job.saved_bytes;
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
    const state = await this.#completed(job);
    if (NOT_KEPT.has(state)) {
      [job.is_void, job.failure] = [true, job.lost || "nothing of it arrived"];
      return this.store.forget(job.answer_id);
    }
    job.is_complete = true;
    const isAll = this.needsNetwork && !job.trouble && !job.is_cut && job.recorded_ms - job.saved_ms < LAST_BLOB_MS;
    if (isAll || !this.needsNetwork) job.saved_ms = job.recorded_ms ?? job.saved_ms;
    await this.#remember(job);
  }

  /** The state that the answer has at the server; null where it has no such answer. */
  async #completed(job) {
    const body = { length: job.stored_bytes, recorded_ms: job.recorded_ms, watched: true };
    try {
      return (await this.api.post(`answers/${job.answer_id}/complete`, body)).state;
    } catch (error) {
      if (error.status === 404 && !job.stored_bytes) return null; // told before, and that reply was lost
      throw error;
    }
  }

  async #recover(job, failed) {
    const error = failed.status === 401 ? await this.#renewalError(job) : failed;
    if (error instanceof Problem && "offset" in error.body) {
      job.sent_bytes = null; // we and the server disagree on how much it holds: the server is right
      return this.#pause();
    }
    if (error instanceof Problem && FINAL.has(error.status)) return this.#giveUp(job, error.message);
    if (error && !isKnown(error)) console.error("Uploading failed, trying again:", error);
    this.trouble = error;
    this.#changed();
    await this.#pause();
  }

  /** A request that timed out has waited long enough; anything else is tried again later and later. */
  async #pause() {
    if (this.trouble?.isTimeout) this.failures = 0;
    await this.#rest(Math.min(FIRST_WAIT_MS * 2 ** this.failures, LONGEST_WAIT_MS));
    this.failures += 1;
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

function isKnown(error) {
  return error instanceof Problem || error instanceof StorageTrouble || isPassing(error);
}
