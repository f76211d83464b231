// One answer on its way to the server: what is recorded, what the server has confirmed, and how it ended. Plain facts; who
// sends is uploader.js.

/** What record() names survives a reload; the rest belongs to this page. */
export class Job {
  constructor(values) {
    this.events = [];
    this.is_ended = false;
    this.is_cut = false; // nobody ended it: what was recorded last may never have been handed over
    this.recorded_ms = 0; // null: nobody knows any more
    this.stored_bytes = 0; // recorded and kept, here or there
    this.sent_bytes = null; // what the server holds; null: not asked yet
    this.isUnsure = false; // whether what was sent last arrived is not known: to be asked before more is sent
    this.isAskedAgain = false; // where the server stands, because what follows there is missing here
    this.saved_bytes = 0; // what the server has confirmed last
    this.saved_ms = 0; // the same as time
    this.is_complete = false;
    this.is_void = false; // the server has no such answer: nothing of it arrived
    this.lost = ""; // why what follows the confirmed bytes will never arrive
    this.failure = ""; // why it is no answer at all
    Object.assign(this, values);
  }

  record() {
    const { answer_id, interview_id, upload_url, upload_token, is_ended, recorded_ms, events, saved_bytes, saved_ms } = this;
    return { answer_id, interview_id, upload_url, upload_token, is_ended, recorded_ms, events, saved_bytes, saved_ms };
  }

  /** Why not all of what was recorded is saved; "" where it is, or still may be. */
  get trouble() {
    return this.failure || this.lost;
  }

  get isOpen() {
    return !this.is_complete && !this.failure;
  }

  get unsentBytes() {
    return this.isOpen ? Math.max(0, this.stored_bytes - (this.sent_bytes ?? 0)) : 0;
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
