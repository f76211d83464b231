// Recovers answers that an earlier load of this page did not finish, in this browser or on another device: sends the
// pieces that are still stored here, and completes the answers. It knows how a recording can end without a signal.

import { gettext as _ } from "../site/gettext.js";
import { StorageTrouble } from "../upload/piece_store.js";
import { Upload, missingText } from "../upload/upload.js";
import { takesUsed } from "./takes.js";

/** @import { Api } from "../server/api.js" */
/** @import { PieceStore } from "../upload/piece_store.js" */
/** @import { UploadValues } from "../upload/upload.js" */
/** @import { Uploader } from "../upload/uploader.js" */
/** @import { BrowserNotes } from "./browser_notes.js" */
/**
 * @typedef {object} RecoveryParts
 * @property {Api} api
 * @property {PieceStore} store
 * @property {BrowserNotes} notes
 * @property {Uploader} uploader
 * @property {Reached} untilReached
 * @property {() => void} onWaiting
 * @property {string} interviewId
 */

const LOOK_EVERY_MS = 1_000;
const QUIET_LOOKS = 7; // a page notices within 5 s that it lost its seat; then it stops and sends the rest

export class EarlierUploads {
  /**
   * `untilReached(ask)` repeats a request while the server is unreachable; `onWaiting()`: we wait for another device.
   * @param {RecoveryParts} options
   */
  constructor({ api, store, notes, uploader, untilReached, onWaiting, interviewId }) {
    this.api = api;
    this.store = store;
    this.notes = notes;
    this.uploader = uploader;
    this.untilReached = untilReached;
    this.onWaiting = onWaiting;
    this.interviewId = interviewId;
    /** @type {Map<string, UploadRecord>} */
    this.records = new Map(); // what an earlier load stored, by the id of the answer
  }

  /** @param {Question[]} questions */
  async send(questions) {
    const records = await this.store.uploads(this.interviewId);
    this.records = new Map(records.map((record) => [record.answer_id, record]));
    for (const question of questions) {
      for (const answer of [...question.answers]) await this.#settle(question, answer);
      await this.#sendUnbegun(question);
    }
  }

  /**
   * @param {Question} question
   * @param {Answer} answer
   */
  async #settle(question, answer) {
    const { answer_id } = answer;
    const record = this.records.get(answer_id);
    const isOurs = record || this.notes.of(answer_id);
    if (answer.state === "recording" && !isOurs) await this.#waitForOther(answer);
    if (answer.state === "gone") remove(question, answer);
    else if (answer.state === "recording") await this.#finish(question, answer, record);
    else if (record?.events.length) await this.#report(answer, record);
    else if (record) await this.store.forget(answer_id);
  }

  /**
   * Sends the parts, in order, that were recorded before the server could be asked to create them.
   * @param {Question} question
   */
  async #sendUnbegun(question) {
    const names = () => question.answers.map(({ answer_id }) => answer_id);
    const ofQuestion = [...this.records.values()].filter(({ wish }) => wish?.question === question.position);
    let unbegun = ofQuestion.filter((record) => !record.upload_url && !names().includes(record.answer_id));
    while (unbegun.length) {
      const record = unbegun.find(({ wish }) => names().includes(wish?.continues ?? "")) ?? unbegun[0];
      unbegun = unbegun.filter((other) => other !== record);
      await this.#recover(question, record);
    }
    question.lostText = this.#lostText(question);
  }

  /**
   * @param {Question} question
   * @param {UploadRecord} record
   */
  async #recover(question, record) {
    const isThere = (await this.store.endOfPieces(record.answer_id)) > 0;
    if (!isThere && this.store.isDurable) return this.store.forget(record.answer_id); // nothing was recorded
    const wish = /** @type {Wish} */ (record.wish); // the server did not create it, so the wish is stored
    const continues = this.#existingPart(question, wish.continues);
    const before = question.answers.find(({ answer_id }) => answer_id === continues);
    const numbers = before ? { take: before.take, part: before.part + 1 } : { take: takesUsed(question) + 1, part: 1 };
    const answer = { answer_id: record.answer_id, ...numbers, state: "recording", received_bytes: 0 };
    question.answers.push(answer);
    await this.#finish(question, answer, { ...record, wish: { ...wish, continues } });
  }

  /**
   * The part to continue: where nothing arrived of the intended one, the part before it.
   * @param {Question} question
   * @param {string | null} answerId
   * @returns {string | null}
   */
  #existingPart(question, answerId) {
    if (answerId === null || question.answers.some(({ answer_id }) => answer_id === answerId)) return answerId;
    return this.#existingPart(question, this.records.get(answerId)?.wish?.continues ?? null);
  }

  /**
   * How much is lost that the server never heard of, because it was in the memory of an earlier load only; in words.
   * @param {Question} question
   */
  #lostText(question) {
    /** @param {string} answerId */
    const isInAnswers = (answerId) => question.answers.some(({ answer_id }) => answer_id === answerId);
    /** @param {[string, UploadNote]} entry */
    const isHere = ([answerId]) => this.records.has(answerId) || isInAnswers(answerId);
    /** @param {[string, UploadNote]} entry */
    const isOf = ([, { waits }]) => waits?.question === question.position && waits.take === takesUsed(question);
    const lost = Object.entries(this.notes.values.answers).filter((entry) => isOf(entry) && !isHere(entry));
    return missingText(lost.reduce((sum, [, { recorded_ms }]) => sum + (recorded_ms ?? 0), 0));
  }

  /**
   * Another device may still record or send this answer: wait until it completes it, or until nothing more arrives.
   * @param {Answer} answer
   */
  async #waitForOther(answer) {
    this.onWaiting();
    for (let quiet = 0; quiet < QUIET_LOOKS && answer.state === "recording"; quiet += 1) {
      await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
      /** @type {RoomReply} */
      const { questions } = await this.untilReached(() => this.api.get("room.json"));
      /** @type {Partial<Answer>[]} */
      const known = questions.flatMap((question) => question.answers);
      const now = known.find((one) => one.answer_id === answer.answer_id) ?? { state: "gone" };
      if ((now.received_bytes ?? 0) > (answer.received_bytes ?? 0)) quiet = 0;
      Object.assign(answer, now);
    }
  }

  /**
   * @param {Question} question
   * @param {Answer} answer
   * @param {UploadRecord | undefined} record
   */
  async #finish(question, answer, record) {
    const { answer_id } = answer;
    const storedBytes = await this.store.endOfPieces(answer_id);
    const upload = this.#upload(answer, record, storedBytes);
    upload.unread = this.#unreadText(upload);
    if (!storedBytes && !answer.received_bytes) return this.#dropEmpty(question, answer);
    if (!record?.is_ended) this.notes.write({ interrupted: answer_id });
    answer.recorded_ms = upload.recorded_ms;
    if (!record) upload.setAddress(await this.untilReached(() => this.api.post(`answers/${answer_id}/token`, {})));
    await this.uploader.add(upload);
  }

  /**
   * The upload as it is now: what this browser stores, what the server has, and which recorded times these reach.
   * @param {Answer} options
   * @param {UploadRecord | undefined} record
   * @param {number} storedBytes
   */
  #upload({ answer_id, received_bytes = 0 }, record, storedBytes) {
    const note = this.notes.of(answer_id);
    const recorded_ms = record?.is_ended ? record.recorded_ms : (note?.recorded_ms ?? null);
    const stored_ms = this.store.untilMs(answer_id, storedBytes) ?? 0;
    const stored = { stored_bytes: storedBytes, stored_ms, offsetTimes: note?.marks ?? [] };
    const upload = this.#ended({ ...record, answer_id, recorded_ms, ...stored });
    const recordedMs = record && record.saved_bytes === received_bytes ? record.saved_ms : undefined;
    const knownMs = upload.timeAt(received_bytes) ?? recordedMs;
    const isSavedTimeUnknown = knownMs === undefined && !stored_ms;
    const saved = { saved_bytes: received_bytes, saved_ms: knownMs ?? record?.saved_ms ?? 0 };
    return Object.assign(upload, saved, { isSavedTimeUnknown });
  }

  /**
   * Why some of this browser's answer is missing: its storage cannot be read. Throws the first time, because a reload
   * often helps, and an answer that is completed now could never become whole.
   * @param {Upload} upload
   */
  #unreadText(upload) {
    const { answer_id } = upload;
    const isWhole = !upload.missing && !upload.isLossUnknown;
    if (isWhole || this.store.isDurable || !this.notes.of(answer_id)) return "";
    if (this.notes.values.unread === answer_id) return _("this browser could not read what it had kept");
    this.notes.write({ unread: answer_id });
    throw Object.assign(new StorageTrouble(_("This browser's storage does not answer")), { advice: reloadAdvice() });
  }

  /**
   * The server has all of the answer, but not all of its page events.
   * @param {Answer} options
   * @param {UploadRecord} record
   */
  #report({ duration_ms }, record) {
    const saved = typeof duration_ms !== "number" ? { isFromEarlierLoad: false } : { saved_ms: duration_ms };
    return this.uploader.add(this.#ended({ ...record, ...saved, is_complete: true }));
  }

  /** @param {UploadValues} values */
  #ended(values) {
    const isFromEarlierLoad = this.uploader.needsNetwork; // a machine that records by itself loses nothing
    return new Upload({ isFromEarlierLoad, ...values, interview_id: this.interviewId, is_ended: true });
  }

  /**
   * The answer was cut off before anything was recorded, so it uses no take.
   * @param {Question} question
   * @param {Answer} answer
   */
  async #dropEmpty(question, answer) {
    await this.untilReached(() => this.#completeEmpty(answer.answer_id));
    await this.store.forget(answer.answer_id);
    remove(question, answer);
  }

  /** @param {string} answerId */
  async #completeEmpty(answerId) {
    try {
      await this.api.post(`answers/${answerId}/complete`, { length: 0 });
    } catch (error) {
      if (error.status !== 404) throw error; // 404: an earlier request deleted it, and that reply was lost
    }
  }
}

function reloadAdvice() {
  return _(
    "Reload the page: it often answers then. What it stored and still does not return then is lost; what the server " +
      "has stays saved.",
  );
}

/**
 * @param {Question} question
 * @param {Answer} answer
 */
function remove(question, answer) {
  question.answers.splice(question.answers.indexOf(answer), 1);
}
