// Has every recorded piece sent to the server, in order, until it has all of them, through lost connections, restarted
// servers and reloaded pages. One loop, one request at a time; an answer that cannot go on now is not waited for by the
// others. Only the server's own refusals end an answer, whatever else comes is tried again. Shows nothing.

import { Problem, Unreachable, isPassing } from "../server/api.js";
import { Delivery } from "./delivery.js";
import { StorageTrouble } from "./piece_store.js";

const FINAL = new Set([403, 404, 409, 410, 413, 415, 422]); // of our own refusals: asking again would not change the answer
const LASTING_AFTER = 8; // tries, half a minute: this browser will hardly give it back before a reload
// What is done first, where there is more than one thing: a kind of work, and what of it there must be.
const ORDER = [["reports", "hasPauseToTell"], ["media", "hasMediaWork"], ["reports", "hasReports"]];

export class Uploader {
  /** `begin(wish)` asks for an answer's place; `onChange()` when something that a page shows may have changed. */
  constructor({ api, store, chunkMaxBytes, needsNetwork, begin, onChange }) {
    Object.assign(this, { store, needsNetwork, begin, onChange });
    this.delivery = new Delivery({ api, store, chunkMaxBytes, needsNetwork, begin: (wish) => this.#begin(wish) });
    this.jobs = [];
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
    if (job.trouble) return; // a file with a hole in it is of no use: it ends before the hole
    try {
      const bytes = await blob.arrayBuffer();
      await this.store.putPiece({ answer_id: job.answer_id, start: job.stored_bytes, bytes, until_ms: untilMs }, () => {
        job.stored_bytes += bytes.byteLength; // only now: the loop reads up to here
        this.poke();
      });
    } catch (error) {
      job.lost ||= `the browser could not read it (${error.name})`;
      this.poke();
    }
  }

  /** No more pieces will come. */
  async end(job, recordedMs) {
    job.is_ended = true;
    job.recorded_ms = recordedMs;
    if (!job.media.failures) job.media.clear(); // it rests no longer for more to come
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
    return this.#obstacle(this.jobs);
  }

  /** The same of one answer, and of those that it waits for. */
  obstacleOf(job) {
    const parts = [job];
    for (let before = this.#before(job); before; before = this.#before(before)) parts.push(before);
    return this.#obstacle(parts);
  }

  get hasUnsent() {
    return this.jobs.some((job) => job.isOpen);
  }

  /** How long what is here will take to be sent, as the line is now; null while nobody knows. */
  get leftMs() {
    const isStuck = this.obstacle && !this.obstacle.isTimeout;
    return isStuck ? null : this.delivery.pace.leftMs(this.jobs.reduce((sum, job) => sum + job.unsentBytes, 0));
  }

  poke() {
    this.#changed();
    this.wake();
  }

  /** Do not wait any longer: what stood in the way may be gone. */
  retry() {
    for (const job of this.jobs) [job.media, job.reports].forEach((tries) => tries.clear());
    this.poke();
  }

  #obstacle(jobs) {
    const trouble = jobs.map((job) => job.isOpen && job.media.error).find(Boolean);
    return trouble ?? (navigator.onLine || !this.needsNetwork ? null : new Unreachable("offline"));
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
      const { kind, job, waitMs } = this.#next();
      if (waitMs > 0) await this.#rest(waitMs);
      else await this.#try(kind, job);
    }
  }

  /** What can be done first: { kind, job, waitMs }, and where nothing can be done yet, how long to wait. */
  #next() {
    const works = ORDER.flatMap(([kind, need]) => this.jobs.filter((job) => job[need]).map((job) => ({ kind, job })));
    const open = works.filter(({ job }) => job.isBegun || !this.#before(job)?.isOpen);
    const timed = open.map(({ kind, job }) => ({ kind, job, waitMs: job[kind].waitMs }));
    return timed.find(({ waitMs }) => waitMs <= 0) ?? { waitMs: Math.min(...timed.map(({ waitMs }) => waitMs)) };
  }

  async #try(kind, job) {
    try {
      await this.delivery[kind](job);
      job[kind].succeeded();
    } catch (error) {
      if (kind === "media") await this.#recover(job, error);
      else this.#failed(job.reports, error);
    }
    this.#changed();
  }

  async #recover(job, failed) {
    const error = failed.status === 401 && job.isBegun ? await this.delivery.renewalError(job) : failed;
    const isOffset = error instanceof Problem && "offset" in error.body;
    if (isOffset) job.sent_bytes = null; // we and the server disagree on how much it holds: the server is right
    else if (error instanceof Problem && FINAL.has(error.status)) return this.delivery.giveUp(job, error.message);
    this.#failed(job.media, isOffset ? null : error);
  }

  #failed(tries, error) {
    if (error && !isKnown(error)) console.error("Sending failed, trying again:", error);
    tries.failed(error);
    if (error instanceof StorageTrouble) error.isLasting = tries.failures >= LASTING_AFTER;
  }

  /** The part that an answer goes on from. */
  #before({ wish }) {
    return wish && this.jobs.find((job) => job.answer_id === wish.continues);
  }

  /** What went on from a part of which nothing arrived takes its place. */
  #begin(wish) {
    const before = this.#before({ wish });
    return before?.is_void ? this.#begin({ ...wish, continues: before.wish?.continues ?? null }) : this.begin(wish);
  }

  #rest(ms) {
    return new Promise((resolve) => {
      const timer = ms < Infinity ? setTimeout(resolve, ms) : null;
      this.wake = () => resolve(clearTimeout(timer));
    });
  }
}

function isKnown(error) {
  return error instanceof Problem || error instanceof StorageTrouble || isPassing(error);
}
