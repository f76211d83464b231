// One answer on its way to the server: what is recorded, what the server has confirmed, and how it ended. Plain facts; when
// it is sent is uploader.js, how delivery.js.

import { Tries } from "./backoff.js";

const CRASH_TAKES_MS = 2_000; // what a page that goes away may lose by its own promise; more than that is said
const PAUSE_TRIES = 4; // told in vain so often, a pause holds nobody up any more

/** What record() names survives a reload; the rest belongs to this page. */
export class Job {
  constructor(values) {
    this.wish = null; // the server is asked for its place with this: { question, continues, container }
    this.take = null; // of its question
    this.watched = false; // a page of ours recorded it, and what was to be reported of that is told or still here
    this.events = [];
    this.is_ended = false;
    this.is_left = false; // by an earlier load of this page: what was recorded last may never have been handed over
    this.recorded_ms = 0; // null: nobody knows any more
    this.stored_bytes = 0; // recorded and kept, here or there
    this.held_ms = 0; // up to when it is kept, where an earlier load of this page left it
    this.sent_bytes = null; // what the server holds; null: not asked yet
    this.isUnsure = false; // whether what was sent last arrived is not known: to be asked before more is sent
    this.isAskedAgain = false; // where the server stands, because what follows there is missing here
    this.saved_bytes = 0; // what the server has confirmed last
    this.saved_ms = 0; // the same as time
    this.is_vague = false; // up to when that is, nobody knows
    this.marks = []; // [bytes, ms]: what the server may hold after what was sent last, and up to when that is
    this.is_complete = false;
    this.is_void = false; // the server has no such answer: nothing of it arrived
    this.gone = ""; // why some of it was gone before it could be sent
    this.lost = ""; // why what follows the confirmed bytes will never arrive
    this.failure = ""; // why it is no answer at all
    Object.assign(this, values);
    [this.media, this.reports] = [new Tries(), new Tries()];
  }

  record() {
    const { answer_id, interview_id, upload_url, upload_token, wish, watched, events } = this;
    const { is_ended, recorded_ms, saved_bytes, saved_ms } = this;
    return { answer_id, interview_id, upload_url, upload_token, wish, watched, events, is_ended, recorded_ms, saved_bytes, saved_ms };
  }

  /** What a browser remembers that keeps nothing else. */
  note() {
    const waits = this.isBegun ? null : { question: this.wish.question, take: this.take };
    return { recorded_ms: this.recorded_ms, marks: this.marks, waits };
  }

  /** Up to when so many bytes go, as far as was noted. */
  markedMs(bytes) {
    return this.marks.find(([end]) => end === bytes)?.[1];
  }

  /** Whether the server knows of it. */
  get isBegun() {
    return Boolean(this.upload_url);
  }

  /** Why not all of what was recorded is saved; "" where it is, or still may be. */
  get trouble() {
    return this.failure || this.lost || this.gone || this.missing;
  }

  /** Whether nobody knows how much of its end is missing. */
  get isVague() {
    return this.is_left && (this.is_vague || this.recorded_ms === null);
  }

  /** How much of an answer that was left behind is neither here nor at the server, in words. */
  get missing() {
    if (!this.is_left || this.isVague) return "";
    return missingText(this.recorded_ms - Math.max(this.held_ms, this.saved_ms));
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

  /** What the page noticed and the server can be told; of a pause its beginning at once, since it excuses what is seen. */
  get dueEvents() {
    if (!this.isBegun || this.failure) return [];
    return this.events.filter((event) => this.is_ended || !event.is_open || (isPause(event) && !event.is_told));
  }

  get hasReports() {
    return this.dueEvents.length > 0;
  }

  get hasPauseToTell() {
    return this.dueEvents.some(isPause);
  }

  /** Whether the end of the interview waits for it: what is judged before a pause is told would be held against somebody. */
  get holdsFinish() {
    return this.hasPauseToTell && this.reports.failures < PAUSE_TRIES;
  }

  /** Its browser does not give back what it keeps; a reload often helps. */
  get isStuck() {
    return this.isOpen && Boolean(this.media.error?.isLasting);
  }
}

/** "" where so much may always be missing. */
export function missingText(ms) {
  return ms < CRASH_TAKES_MS ? "" : `its last ${Math.round(ms / 1000)} s are gone`;
}

function isPause({ kind }) {
  return kind.endsWith("_paused");
}
