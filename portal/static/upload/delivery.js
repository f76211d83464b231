// Sends one request of one answer's upload: creates the answer, asks for the offset, sends bytes, completes the answer,
// or reports page events. It believes only the server's own replies, and throws what went wrong; uploader.js decides
// then.

import { Problem, Unintelligible, Unreachable, isPassing } from "../server/api.js";
import { gettext as _ } from "../site/gettext.js";
import { ChunkSize } from "./chunk_size.js";
import * as tus from "./tus.js";

/** @import { Api } from "../server/api.js" */
/** @import { PieceStore } from "./piece_store.js" */
/** @import { Upload } from "./upload.js" */
/** @typedef {(wish: Wish & { answer_id?: string }) => Promise<UploadAddress>} Begin */
/** @typedef {{ api: Api, store: PieceStore, chunkMaxBytes: number, needsNetwork: boolean, begin: Begin }}
 *   DeliveryParts */

const NOT_COUNTED = new Set([null, "recording", "discarded"]); // states of an answer that the server does not count
const MOST_EVENTS = 100; // the server takes so many in one request
const LAST_BLOB_MS = 1_500; // the whole recording is here if a stopped recorder's last blob is younger than this
const SEND_EVERY_MS = 1_000; // pieces are stored more often, so that a crash loses little; requests can be fewer

export class Delivery {
  /**
   * `begin(wish)` asks the server to create an answer; `needsNetwork`: the bytes come from this page.
   * @param {DeliveryParts} options
   */
  constructor({ api, store, chunkMaxBytes, needsNetwork, begin }) {
    this.api = api;
    this.store = store;
    this.needsNetwork = needsNetwork;
    this.begin = begin;
    this.chunkSize = new ChunkSize(chunkMaxBytes);
  }

  /** @param {Upload} upload */
  media(upload) {
    if (!upload.isBegun) return this.#begin(upload);
    const { sent_bytes } = upload;
    if (sent_bytes === null || upload.isOffsetUnsure) return this.#askOffset(upload);
    if (sent_bytes < upload.stored_bytes) return this.#sendBytes(upload, sent_bytes);
    return this.#complete(upload);
  }

  /**
   * Reports page events. Nothing waits for these reports, except that the interview's end waits for a pause's.
   * @param {Upload} upload
   */
  async reports(upload) {
    const events = upload.dueEvents.slice(0, MOST_EVENTS);
    const open = upload.is_ended ? [] : events.filter((event) => event.is_open);
    const body = events.map(({ kind, t_ms, until_ms, characters = null }) => ({ kind, t_ms, until_ms, characters }));
    try {
      await this.api.post("events", { answer_id: upload.answer_id, events: body });
    } catch (error) {
      if (isPassing(error) || error.status === 401 || !(error instanceof Problem)) throw error;
      upload.watched = false; // the server refuses these events and would refuse them again, so they are dropped
    }
    upload.reported(events, open);
    await this.#store(upload);
  }

  /**
   * Get a new token. Resolves to null, or to the error that prevented it.
   * @param {Upload} upload
   * @returns {Promise<Trouble | null>}
   */
  async renewalError(upload) {
    try {
      upload.setAddress(await this.api.post(`answers/${upload.answer_id}/token`, {}));
      return null;
    } catch (error) {
      return error;
    }
  }

  /**
   * The recording began before the server could be asked. Where nothing was recorded, the server is not asked at all.
   * @param {Upload} upload
   */
  async #begin(upload) {
    if (upload.is_ended && !upload.stored_bytes) return this.#makeVoid(upload);
    const wish = /** @type {Wish} */ (upload.wish); // without it, the answer would have an address
    upload.setAddress(await this.begin({ ...wish, answer_id: upload.answer_id }));
    await this.store.putUpload(upload.record());
  }

  /** @param {Upload} upload */
  async #askOffset(upload) {
    return this.#confirmed(upload, await tus.offset(upload));
  }

  /**
   * @param {Upload} upload
   * @param {number} start
   */
  async #sendBytes(upload, start) {
    const bytes = await this.store.read(upload.answer_id, start, this.chunkSize.bytes);
    if (!bytes) return this.#missing(upload);
    const end = start + bytes.byteLength;
    upload.sendingUntil(end, this.store.untilMs(upload.answer_id, end) ?? upload.saved_ms);
    const began = performance.now();
    try {
      const offset = await tus.append(upload, start, bytes);
      this.chunkSize.arrived(bytes.byteLength, performance.now() - began);
      await this.#confirmed(upload, offset);
    } catch (error) {
      upload.isOffsetUnsure = error instanceof Unreachable; // the bytes may still arrive, often a little later
      throw this.chunkSize.failed(error, bytes.byteLength, performance.now() - began);
    }
    const isAllSent = upload.sent_bytes === upload.stored_bytes;
    if (isAllSent && !upload.is_ended) upload.media.rest(began + SEND_EVERY_MS - performance.now());
  }

  /**
   * The server confirmed in a well-formed reply of its own that it has so many bytes: only now they count as saved.
   * @param {Upload} upload
   * @param {number} offset
   */
  async #confirmed(upload, offset) {
    const isFromElsewhere = offset > upload.stored_bytes; // an earlier load sent them, or the machine recorded them
    if (isFromElsewhere && this.needsNetwork && !upload.is_ended) {
      throw new Unintelligible(200, _("More than was recorded"));
    }
    upload.confirm(offset, this.store.untilMs(upload.answer_id, offset));
    void this.store.dropBefore(upload.record(), offset); // the next request does not wait for a slow disk
  }

  /**
   * The next bytes are not in this browser. Ask the server once more; if it lacks them too, the answer ends there.
   * @param {Upload} upload
   */
  async #missing(upload) {
    if (upload.wasAskedAgain) return upload.cutOff(_("a part of it is gone from this browser"));
    upload.wasAskedAgain = true;
    upload.forgetOffset();
  }

  /**
   * Store what is still to be sent; delete an answer that is done.
   * @param {Upload} upload
   */
  #store(upload) {
    const isDone = upload.is_complete && !upload.events.length;
    return isDone ? this.store.forget(upload.answer_id) : this.store.putUpload(upload.record());
  }

  /** @param {Upload} upload */
  async #complete(upload) {
    if (upload.hasReports) await this.reports(upload).catch(noteLateReport);
    if (NOT_COUNTED.has(await this.#completed(upload))) return this.#makeVoid(upload);
    const hasLastBlob = (upload.recorded_ms ?? 0) - upload.saved_ms < LAST_BLOB_MS;
    const isWhole = this.needsNetwork && !upload.trouble && !upload.isFromEarlierLoad && hasLastBlob;
    upload.complete(isWhole || !this.needsNetwork);
    await this.#store(upload);
  }

  /**
   * There is no such answer at the server. Where the server refused to create it, its pieces stay in this browser,
   * because a later load of the page may succeed.
   * @param {Upload} upload
   */
  async #makeVoid(upload) {
    const isRefused = !upload.isBegun && upload.lost;
    upload.makeVoid();
    if (!isRefused) await this.store.forget(upload.answer_id);
  }

  /**
   * The state that the answer has at the server; null where the server has no such answer.
   * @param {Upload} upload
   * @returns {Promise<string | null>}
   */
  async #completed(upload) {
    const { stored_bytes: length, recorded_ms } = upload;
    const body = { length, recorded_ms, watched: upload.watched && !upload.hasReports };
    try {
      return (await this.api.post(`answers/${upload.answer_id}/complete`, body)).state;
    } catch (error) {
      if (error.status === 404 && !length) return null; // an earlier request deleted it, and that reply was lost
      throw error;
    }
  }
}

/** @param {Trouble} error */
function noteLateReport(error) {
  console.info("The page events will be reported later:", error.message);
}
