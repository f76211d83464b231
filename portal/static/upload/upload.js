// One answer on its way to the server: what was recorded, what the server has confirmed, and how it ended. It only
// holds these facts and changes them by its own methods; uploader.js decides when something is sent, delivery.js how.

import { gettext as _ } from "../site/gettext.js";
import { Backoff } from "./backoff.js";

const CRASH_LOSS_MS = 2_000; // a page that is closed or crashes may lose this much; we report only a larger loss
const PAUSE_ATTEMPTS = 4; // after so many failed attempts to report a pause, the end of the interview no longer waits

/** @typedef {Partial<Upload> & { answer_id: string }} UploadValues */

// Fields in snake_case are named as in the API and in what record() and note() store in this browser. A browser may
// still hold records of an earlier version, so the stored names must not change.
export class Upload {
  /** @type {string} */ answer_id;
  /** @type {string} */ interview_id;
  /** @type {string | undefined} */ upload_url; // undefined until the server has created the answer
  /** @type {string | undefined} */ upload_token;
  /** @type {StationStatus | undefined} */ station; // of a machine that records by itself
  /** @type {Promise<void>} */ lastBlob = Promise.resolve(); // until the newest recorded blob can be sent
  media = new Backoff();
  reports = new Backoff();

  /** @param {UploadValues} values */
  constructor(values) {
    /** @type {Wish | null} */
    this.wish = null; // the request that creates the answer at the server: { question, continues, container }
    /** @type {number | null} */
    this.take = null; // the number of its take of the question
    this.watched = false; // this page recorded the answer, and its page events were reported or are still in `events`
    /** @type {PageEvent[]} */
    this.events = [];
    this.is_ended = false;
    this.isFromEarlierLoad = false; // an earlier load of this page recorded it and may have lost the last piece
    /** @type {number | null} */
    this.recorded_ms = 0; // null: unknown
    this.stored_bytes = 0; // recorded, and stored in this browser or at the server
    this.stored_ms = 0; // the recorded time up to which pieces of an earlier load are stored in this browser
    /** @type {number | null} */
    this.sent_bytes = null; // how much the server has; null: not asked yet
    this.isOffsetUnsure = false; // the last request may or may not have arrived: ask the server before sending more
    this.wasAskedAgain = false; // the server was asked for its offset because the bytes that follow are missing here
    this.saved_bytes = 0; // what the server confirmed last
    this.saved_ms = 0; // the recorded time that these bytes reach
    this.isSavedTimeUnknown = false; // nobody knows which recorded time these bytes reach
    /** @type {OffsetTime[]} */
    this.offsetTimes = []; // [bytes, ms] for each offset that the server may answer to what was sent last
    this.is_complete = false;
    this.isVoid = false; // nothing arrived, so the server has no such answer
    this.unread = ""; // why this browser could not read some of it
    this.lost = ""; // why the bytes after the confirmed ones will never arrive
    this.failure = ""; // why there is no answer at all
    Object.assign(this, values);
  }

  /**
   * What piece_store.js stores of it.
   * @returns {UploadRecord}
   */
  record() {
    const { answer_id, interview_id, upload_url, upload_token, wish, watched, events } = this;
    const { is_ended, recorded_ms, saved_bytes, saved_ms } = this;
    const progress = { is_ended, recorded_ms, saved_bytes, saved_ms };
    return { answer_id, interview_id, upload_url, upload_token, wish, watched, events, ...progress };
  }

  /**
   * What browser_notes.js stores of it. The stored names `marks` and `waits` are older than the names used here.
   * @returns {UploadNote}
   */
  note() {
    const waits = this.isBegun || !this.wish ? null : { question: this.wish.question, take: this.take };
    return { recorded_ms: this.recorded_ms, marks: this.offsetTimes, waits };
  }

  // Changes while it is recorded

  /**
   * More bytes were stored in this browser.
   * @param {number} bytes
   */
  addStored(bytes) {
    this.stored_bytes += bytes;
  }

  /**
   * The machine that serves the page records and stores the answer itself; `null` where it does not know how much.
   * @param {number | null} saved_bytes
   * @param {number} [saved_ms]
   */
  recordedByMachine(saved_bytes, saved_ms = this.saved_ms) {
    Object.assign(this, { sent_bytes: saved_bytes, stored_bytes: saved_bytes ?? 0, saved_ms });
  }

  /** @param {number | null} recorded_ms */
  noteRecorded(recorded_ms) {
    this.recorded_ms = recorded_ms;
  }

  /**
   * No more bytes will be recorded.
   * @param {number | null} recorded_ms
   */
  end(recorded_ms) {
    Object.assign(this, { is_ended: true, recorded_ms });
    if (!this.media.failures) this.media.clear(); // it no longer waits for further pieces
  }

  /** @param {PageEvent} event */
  addEvent(event) {
    this.events.push(event);
  }

  // Changes while it is sent

  /**
   * The server has created the answer, or has given it a new token.
   * @param {UploadAddress} options
   */
  setAddress({ upload_url, upload_token }) {
    Object.assign(this, { upload_url, upload_token });
  }

  /**
   * The next request ends at `end`; the bytes before that reach `endMs` of the recording.
   * @param {number} end
   * @param {number} endMs
   */
  sendingUntil(end, endMs) {
    this.wasAskedAgain = false;
    this.offsetTimes = [[this.saved_bytes, this.saved_ms], [end, endMs]];
  }

  /** The server must be asked how much it has before more is sent. */
  forgetOffset() {
    /** @type {number | null} */
    this.sent_bytes = null;
  }

  /**
   * The server confirmed `offset` bytes; `storedMs` is the recorded time that they reach, undefined where unknown.
   * @param {number} offset
   * @param {number | null | undefined} storedMs
   */
  confirm(offset, storedMs) {
    const knownMs = storedMs ?? this.timeAt(offset);
    this.isOffsetUnsure = false;
    this.sent_bytes = offset;
    this.stored_bytes = Math.max(this.stored_bytes, offset);
    if (offset < this.saved_bytes) this.saved_ms = 0; // the server had more before, so the earlier time is wrong
    if (offset !== this.saved_bytes) this.isSavedTimeUnknown = knownMs === undefined && !this.stored_ms;
    this.saved_ms = knownMs ?? this.saved_ms;
    this.saved_bytes = offset;
  }

  /**
   * The server has everything. `isWhole`: all of what was recorded, to the last moment.
   * @param {boolean} isWhole
   */
  complete(isWhole) {
    this.is_complete = true;
    if (isWhole) this.saved_ms = this.recorded_ms ?? this.saved_ms;
  }

  /**
   * The bytes after those at the server will never arrive: the answer ends there. The second time it has failed.
   * @param {string} why
   */
  cutOff(why) {
    if (this.lost) this.failure = why;
    else this.lost = why;
    this.sent_bytes = this.stored_bytes = this.sent_bytes ?? this.saved_bytes;
  }

  /** The server has no such answer. */
  makeVoid() {
    [this.isVoid, this.failure] = [true, this.lost || _("nothing of it arrived")];
  }

  /**
   * The server took these reports; the end of the events that are still `open` will be reported later.
   * @param {PageEvent[]} events
   * @param {PageEvent[]} open
   */
  reported(events, open) {
    open.forEach((event) => (event.is_told = true)); // `is_told` is a stored name
    this.events = this.events.filter((event) => open.includes(event) || !events.includes(event));
  }

  // Facts that follow from these

  /**
   * The recorded time that so many bytes reach, as far as it was noted.
   * @param {number} bytes
   */
  timeAt(bytes) {
    return this.offsetTimes.find(([end]) => end === bytes)?.[1];
  }

  /** Whether the server has created the answer. */
  get isBegun() {
    return Boolean(this.upload_url);
  }

  /** Why not all of what was recorded is saved; "" where all is saved or still can be. */
  get trouble() {
    return this.failure || this.lost || this.unread || this.missing;
  }

  /** Whether nobody knows how much is missing at its end. */
  get isLossUnknown() {
    return this.isFromEarlierLoad && (this.isSavedTimeUnknown || this.recorded_ms === null);
  }

  /** How much of an earlier load's answer is neither in this browser nor at the server, in words. */
  get missing() {
    if (!this.isFromEarlierLoad || this.isLossUnknown) return "";
    return missingText((this.recorded_ms ?? 0) - Math.max(this.stored_ms, this.saved_ms));
  }

  get isOpen() {
    return !this.is_complete && !this.failure;
  }

  get unsentBytes() {
    return this.isOpen ? Math.max(0, this.stored_bytes - (this.sent_bytes ?? 0)) : 0;
  }

  get hasMediaWork() {
    if (!this.isOpen) return false;
    if (this.is_ended) return true;
    return this.isBegun ? this.sent_bytes === null || this.sent_bytes < this.stored_bytes : !this.lost;
  }

  /** The events that can be reported now. The start of a pause is reported at once: measuring then skips that time. */
  get dueEvents() {
    if (!this.isBegun || this.failure) return [];
    return this.events.filter((event) => this.is_ended || !event.is_open || (isPause(event) && !event.is_told));
  }

  get hasReports() {
    return this.dueEvents.length > 0;
  }

  get hasUnreportedPause() {
    return this.dueEvents.some(isPause);
  }

  /** Whether the interview must not end yet: measuring without a reported pause would be unfair to the candidate. */
  get delaysFinish() {
    return this.hasUnreportedPause && this.reports.failures < PAUSE_ATTEMPTS;
  }

  /** This browser's storage does not return the stored pieces; a reload often helps. */
  get isStuck() {
    return this.isOpen && Boolean(this.media.error?.isLasting);
  }
}

/**
 * "" for a loss that every closed page may have.
 * @param {number} ms
 */
export function missingText(ms) {
  if (ms < CRASH_LOSS_MS) return "";
  // Translators: this follows a colon, as the reason why an answer is not all saved.
  return _("its last %(seconds)s s are gone", { seconds: Math.round(ms / 1000) });
}

/** @param {PageEvent} options */
function isPause({ kind }) {
  return kind.endsWith("_paused");
}
