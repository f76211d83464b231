// Sends every recorded piece to the server, in order, until the server has all of them, through lost connections,
// restarted servers and reloaded pages. It is one loop with one request at a time; an answer that cannot be sent now
// does not delay the others. Only a final refusal of our own server ends an answer; after any other error the loop
// tries again.

import { Problem, Unreachable, isPassing } from "../server/api.js";
import { gettext as _ } from "../site/gettext.js";
import { Delivery } from "./delivery.js";
import { StorageTrouble } from "./piece_store.js";

/** @import { Backoff } from "./backoff.js" */
/** @import { DeliveryParts } from "./delivery.js" */
/** @import { Upload } from "./upload.js" */
/** @typedef {DeliveryParts & { onChange: (uploader: Uploader) => void }} UploaderParts */
/** @typedef {"media" | "reports"} Kind */
/** @typedef {"hasUnreportedPause" | "hasMediaWork" | "hasReports"} Need */
/** @typedef {{ kind: Kind, upload: Upload, waitMs: number }} Step */

const FINAL = new Set([403, 404, 409, 410, 413, 415, 422]); // refusals of ours that a second request would not change
const LASTING_AFTER = 8; // tries, half a minute: after that, only a reload may make the browser's storage answer
// The order of work: a kind of work, and the property that says whether there is some.
/** @type {[Kind, Need][]} */
const ORDER = [["reports", "hasUnreportedPause"], ["media", "hasMediaWork"], ["reports", "hasReports"]];

export class Uploader {
  /**
   * `begin(wish)` creates an answer at the server; `onChange()` is called when something that a page shows may change.
   * @param {UploaderParts} options
   */
  constructor({ api, store, chunkMaxBytes, needsNetwork, begin, onChange }) {
    this.store = store;
    this.needsNetwork = needsNetwork;
    this.begin = begin;
    this.onChange = onChange;
    this.delivery = new Delivery({ api, store, chunkMaxBytes, needsNetwork, begin: (wish) => this.#begin(wish) });
    /** @type {Upload[]} */
    this.uploads = [];
    this.wake = () => {}; // ends the rest of the loop
    /** @type {(() => void)[]} */
    this.onNextChange = []; // functions to call at the next change
    window.addEventListener("online", () => this.retry());
    window.addEventListener("offline", () => this.#changed());
    void this.#run();
  }

  /** @param {Upload} upload */
  async add(upload) {
    this.uploads.push(upload);
    await this.#storeAndSend(upload);
  }

  /**
   * Store a recorded blob and send it. The order of the calls is the order in the file. Resolves when its bytes can be
   * sent; it does not wait until IndexedDB has written them, which may take longer than the next blob needs to come.
   * @param {Upload} upload
   * @param {Blob} blob
   * @param {number} untilMs
   */
  addBlob(upload, blob, untilMs) {
    upload.lastBlob = this.#addBlob(upload, upload.lastBlob, blob, untilMs);
    return upload.lastBlob;
  }

  /**
   * @param {Upload} upload
   * @param {Promise<void>} before
   * @param {Blob} blob
   * @param {number} untilMs
   */
  async #addBlob(upload, before, blob, untilMs) {
    const [read] = await Promise.allSettled([blob.arrayBuffer(), before]);
    if (upload.trouble) return; // a file with a hole is of no use, so it ends before the hole
    if (read.status === "rejected") {
      upload.lost = _("the browser could not read it (%(error)s)", { error: read.reason.name });
      return this.sendNow();
    }
    const bytes = read.value;
    const piece = { answer_id: upload.answer_id, start: upload.stored_bytes, bytes, until_ms: untilMs };
    void this.store.putPiece(piece, () => {
      upload.addStored(bytes.byteLength); // not before the piece can be read: the loop reads up to here
      this.sendNow();
    });
  }

  /**
   * No more pieces will come.
   * @param {Upload} upload
   * @param {number | null} recordedMs
   */
  async end(upload, recordedMs) {
    upload.end(recordedMs);
    await this.#storeAndSend(upload);
  }

  /**
   * @param {Upload} upload
   * @param {PageEvent} event
   */
  async addEvent(upload, event) {
    upload.addEvent(event);
    await this.#storeAndSend(upload);
  }

  /**
   * An event of this upload has ended.
   * @param {Upload} upload
   */
  async eventChanged(upload) {
    await this.#storeAndSend(upload);
  }

  /**
   * Resolves once the server has all of these answers, or has refused them for good.
   * @param {string[]} answerIds
   */
  async whenSettled(answerIds) {
    /** @param {Upload} upload */
    const isOpen = (upload) => answerIds.includes(upload.answer_id) && upload.isOpen;
    while (this.uploads.some(isOpen)) await this.#nextChange();
  }

  /** Resolves once the server has some bytes of each answer, or will never get any. */
  async whenBegun() {
    /** @param {Upload} upload */
    const isAhead = (upload) => upload.isOpen && !upload.sent_bytes && !upload.saved_bytes;
    while (this.uploads.some(isAhead)) await this.#nextChange();
  }

  /** The error that keeps recorded bytes from being sent; null when none does. */
  get obstacle() {
    return this.#obstacle(this.uploads);
  }

  /**
   * The same for one answer and for the parts that it waits for.
   * @param {Upload} upload
   */
  obstacleOf(upload) {
    const parts = [upload];
    for (let before = this.#before(upload); before; before = this.#before(before)) parts.push(before);
    return this.#obstacle(parts);
  }

  get hasUnsent() {
    return this.uploads.some((upload) => upload.isOpen);
  }

  /** How long it will take to send the rest at the measured speed; null while that is unknown. */
  get leftMs() {
    const isStuck = this.obstacle && !this.obstacle.isTimeout;
    const unsentBytes = this.uploads.reduce((sum, upload) => sum + upload.unsentBytes, 0);
    return isStuck ? null : this.delivery.chunkSize.leftMs(unsentBytes);
  }

  /** There is something new to send. */
  sendNow() {
    this.#changed();
    this.wake();
  }

  /** Stop waiting and try everything again: the obstacle may be gone. */
  retry() {
    for (const upload of this.uploads) [upload.media, upload.reports].forEach((backoff) => backoff.clear());
    this.sendNow();
  }

  /** @param {Upload} upload */
  async #storeAndSend(upload) {
    await this.store.putUpload(upload.record());
    this.sendNow();
  }

  /**
   * @param {Upload[]} uploads
   * @returns {Trouble | null}
   */
  #obstacle(uploads) {
    const stopped = uploads.find((upload) => upload.isOpen && upload.media.error);
    return stopped?.media.error ?? (navigator.onLine || !this.needsNetwork ? null : new Unreachable("offline"));
  }

  #nextChange() {
    /** @type {Promise<void>} */
    const changed = new Promise((resolve) => this.onNextChange.push(resolve));
    return changed;
  }

  #changed() {
    this.onNextChange.splice(0).forEach((resolve) => resolve());
    try {
      this.onChange(this);
    } catch (error) {
      console.error("The state of the uploads could not be shown; sending continues:", error);
    }
  }

  async #run() {
    for (;;) {
      const { waitMs, step } = this.#next();
      if (step) await this.#try(step);
      else await this.#rest(waitMs);
    }
  }

  /**
   * The first step that can be done now. Where there is none, `waitMs` is the time until there is one.
   * @returns {{ step?: Step, waitMs: number }}
   */
  #next() {
    /** @param {Upload} upload */
    const isPossible = (upload) => upload.isBegun || !this.#before(upload)?.isOpen;
    const timed = ORDER.flatMap(([kind, need]) => {
      const due = this.uploads.filter((upload) => upload[need] && isPossible(upload));
      return due.map((upload) => ({ kind, upload, waitMs: upload[kind].waitMs }));
    });
    const step = timed.find(({ waitMs }) => waitMs <= 0);
    return { step, waitMs: Math.min(...timed.map(({ waitMs }) => waitMs)) };
  }

  /** @param {Step} step */
  async #try({ kind, upload }) {
    try {
      await this.delivery[kind](upload);
      upload[kind].succeeded();
    } catch (error) {
      if (kind === "media") await this.#recover(upload, error);
      else this.#failed(upload.reports, error);
    }
    this.#changed();
  }

  /**
   * @param {Upload} upload
   * @param {Trouble} failed
   */
  async #recover(upload, failed) {
    const needsToken = failed.status === 401 && upload.isBegun;
    const error = needsToken ? await this.delivery.renewalError(upload) : failed;
    const isOffset = error instanceof Problem && "offset" in error.body;
    if (isOffset) upload.forgetOffset(); // the server has another offset than we think: the server is right
    else if (error instanceof Problem && FINAL.has(error.status)) return upload.cutOff(error.message);
    this.#failed(upload.media, isOffset ? null : error);
  }

  /**
   * @param {Backoff} backoff
   * @param {Trouble | null} error
   */
  #failed(backoff, error) {
    if (error && !isExpected(error)) console.error("Sending failed and will be tried again:", error);
    backoff.failed(error);
    if (error instanceof StorageTrouble) error.isLasting = backoff.failures >= LASTING_AFTER;
  }

  /**
   * The part that this answer continues.
   * @param {{ wish: Wish | null }} options
   * @returns {Upload | undefined | null}
   */
  #before({ wish }) {
    return wish && this.uploads.find((upload) => upload.answer_id === wish.continues);
  }

  /**
   * Where nothing arrived of the part that this one continues, this one continues the part before it instead.
   * @param {Wish} wish
   * @returns {Promise<UploadAddress>}
   */
  #begin(wish) {
    const before = this.#before({ wish });
    return before?.isVoid ? this.#begin({ ...wish, continues: before.wish?.continues ?? null }) : this.begin(wish);
  }

  /**
   * @param {number} ms
   * @returns {Promise<void>}
   */
  #rest(ms) {
    return new Promise((resolve) => {
      const timer = ms < Infinity ? setTimeout(resolve, ms) : undefined;
      this.wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}

/** @param {unknown} error */
function isExpected(error) {
  return error instanceof Problem || error instanceof StorageTrouble || isPassing(error);
}
