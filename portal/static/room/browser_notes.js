// What this browser remembers of an interview between two loads of the page, in local storage: for each answer that is
// not all at the server, how long it has run and how far it was sent (noted while it runs, because a crash gives no
// warning), and which questions are done. The notes are small, and the page works without them.

/** @import { Upload } from "../upload/upload.js" */
/**
 * @typedef {object} Notes
 * @property {number} accepted
 * @property {string | null} interrupted
 * @property {string | null} [unread]
 * @property {Record<string, UploadNote>} answers
 */

export class BrowserNotes {
  /** @param {string} interviewId */
  constructor(interviewId) {
    this.key = `interview-notes-${interviewId}`; // a stored name: it must not change, nor those of the values
    this.hasWarned = false;
    /** @type {Notes} */
    this.values = { accepted: 0, interrupted: null, answers: {} };
    this.#read();
  }

  /**
   * Change some of: accepted (last question done with), interrupted (answer id), unread (answer id), answers.
   * @param {Partial<Notes>} changes
   */
  write(changes) {
    this.#read(); // another tab may have taken over: what it noted stays
    Object.assign(this.values, changes);
    try {
      localStorage.setItem(this.key, JSON.stringify(this.values));
    } catch (error) {
      if (error.name !== "QuotaExceededError" && error.name !== "SecurityError") throw error;
    }
  }

  /**
   * Note these uploads as they are now, and remove the notes of those that are done.
   * @param {Upload[]} uploads
   */
  noteUploads(uploads) {
    this.#read();
    const answers = { ...this.values.answers };
    for (const upload of uploads) {
      if (upload.isOpen) answers[upload.answer_id] = upload.note();
      else delete answers[upload.answer_id];
    }
    this.write({ answers });
  }

  #read() {
    try {
      Object.assign(this.values, JSON.parse(localStorage.getItem(this.key) ?? "{}"));
    } catch (error) {
      if (!this.hasWarned) console.warn("This browser stores no notes; the server's times are used:", error.name);
      this.hasWarned = true;
    }
  }

  /**
   * What was noted of an answer, { recorded_ms, marks, waits }; null where nothing was.
   * @param {string} answerId
   * @returns {UploadNote | null}
   */
  of(answerId) {
    return this.values.answers[answerId] ?? null;
  }
}
