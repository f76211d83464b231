// Stores the recorded pieces that the server has not confirmed yet. Each piece stays in memory, from where it is sent,
// and is also written to IndexedDB, so that a reload or a crash does not lose it. Where IndexedDB fails (private
// window, full disk), `isDurable` is false and the page says that it must stay open. It knows nothing about the
// network.

import { GroupedWrites } from "./grouped_writes.js";
import { Database, StorageTrouble } from "./indexed_db.js";
import { findUnwritten, leaveUnwritten } from "./unwritten.js";

export { StorageTrouble };

/** @import { Work } from "./indexed_db.js" */
/** @typedef {Omit<Piece, "bytes"> & { size: number, bytes: ArrayBuffer | null, isWritten: boolean }}
 *   KeptPiece */

// Four minutes without network; later pieces are in IndexedDB only, if it stored them.
const IN_MEMORY_BYTES = 32_000_000;

export class PieceStore {
  /**
   * `onFallback` is called once, when pieces can only be stored in memory from then on.
   * @param {() => void} onFallback
   */
  static async open(onFallback) {
    const store = new PieceStore(onFallback);
    try {
      await store.database.open();
    } catch (error) {
      store.fallBack(error);
    }
    await store.#takeOver();
    return store;
  }

  /** @param {() => void} onFallback */
  constructor(onFallback) {
    this.onFallback = onFallback;
    this.database = new Database(() => this.#writeAgain());
    this.writes = new GroupedWrites(this.database, ["jobs", "pieces"]);
    this.isDurable = true;
    /** @type {Map<string, UploadRecord>} */
    this.records = new Map(); // of the uploads, as they were last stored
    /** @type {Map<string, KeptPiece[]>} */ // of each answer, in order; without `bytes` where only IndexedDB has them
    this.pieces = new Map();
    this.memoryBytes = 0;
  }

  /** @param {Trouble} error */
  fallBack(error) {
    if (!this.isDurable) return;
    this.isDurable = false;
    console.warn("Recorded pieces are stored in memory only:", error.name, error.message);
    this.onFallback();
  }

  /**
   * Store the record of an upload, plain values only.
   * @param {UploadRecord} record
   */
  async putUpload(record) {
    this.records.set(record.answer_id, record);
    await this.#write(([uploads]) => uploads.put(record));
  }

  /**
   * The records of the uploads that an earlier load of this page stored.
   * @param {string} interviewId
   * @returns {Promise<UploadRecord[]>}
   */
  async uploads(interviewId) {
    /** @type {Work<UploadRecord[]>} */
    const getAll = ([uploads]) => uploads.getAll();
    const all = (await this.#ask(["jobs"], getAll)) ?? [];
    return all.filter((record) => record.interview_id === interviewId);
  }

  /**
   * The end of the pieces that an earlier load of the page stored of an answer; 0 where it sent and dropped all.
   * @param {string} answerId
   */
  async endOfPieces(answerId) {
    const known = this.#of(answerId);
    const written = (await this.#ask(["pieces"], ([pieces]) => outlineOf(pieces, answerId))) ?? [];
    const others = written.filter(({ start }) => !known.some((piece) => piece.start === start));
    const left = [...others, ...known].sort((one, other) => one.start - other.start);
    this.pieces.set(answerId, left);
    return left.length ? endOf(left[left.length - 1]) : 0;
  }

  /**
   * `onReadable()` is called as soon as the piece can be read. Resolves when IndexedDB has stored it, or has failed.
   * @param {Piece} options
   * @param {() => void} [onReadable]
   */
  async putPiece({ answer_id, start, bytes, until_ms }, onReadable = () => {}) {
    /** @type {KeptPiece} */
    const piece = { answer_id, start, size: bytes.byteLength, until_ms, bytes, isWritten: false };
    this.pieces.set(answer_id, [...this.#of(answer_id), piece]);
    this.memoryBytes += piece.size;
    onReadable();
    const change = { answer_id, start, bytes, until_ms };
    piece.isWritten = await this.#write(([, pieces]) => pieces.put(change));
    if (piece.isWritten && this.memoryBytes > IN_MEMORY_BYTES) this.#leaveMemory(piece);
  }

  /**
   * At most `limit` bytes that follow `offset`; null where they are neither in memory nor in IndexedDB. Throws
   * StorageTrouble where IndexedDB does not answer.
   * @param {string} answerId
   * @param {number} offset
   * @param {number} limit
   */
  async read(answerId, offset, limit) {
    /** @type {Uint8Array[]} */
    const parts = [];
    let size = 0;
    for (const piece of this.#of(answerId)) {
      if (endOf(piece) <= offset + size) continue;
      if (piece.start > offset + size || size >= limit) break;
      const bytes = piece.bytes ?? (await this.#fetched(piece));
      if (!bytes) break;
      const from = offset + size - piece.start;
      parts.push(new Uint8Array(bytes, from, Math.min(piece.size - from, limit - size)));
      size += parts[parts.length - 1].byteLength;
    }
    return size ? joined(parts, size) : null;
  }

  /**
   * The recorded time that the bytes before `offset` reach; null where no piece that is still here tells it.
   * @param {string} answerId
   * @param {number} offset
   */
  untilMs(answerId, offset) {
    const before = this.#of(answerId).filter((piece) => endOf(piece) <= offset);
    return before.length ? before[before.length - 1].until_ms : null;
  }

  /**
   * Drop the pieces that the server has; one that it has only in part stays. `record` is the upload's, as it is now.
   * @param {UploadRecord} record
   * @param {number} offset
   */
  async dropBefore(record, offset) {
    const own = this.#of(record.answer_id);
    const confirmed = own.filter((piece) => endOf(piece) <= offset);
    if (!confirmed.length) return;
    confirmed.forEach((piece) => this.#leaveMemory(piece));
    this.pieces.set(record.answer_id, own.filter((piece) => endOf(piece) > offset));
    this.records.set(record.answer_id, record);
    await this.#write(([uploads, pieces]) => {
      uploads.put(record);
      pieces.delete(rangeOf(record.answer_id, confirmed[confirmed.length - 1].start));
    });
  }

  /** @param {string} answerId */
  async forget(answerId) {
    this.#of(answerId).forEach((piece) => this.#leaveMemory(piece));
    this.pieces.delete(answerId);
    this.records.delete(answerId);
    await this.#write(([uploads, pieces]) => {
      uploads.delete(answerId);
      pieces.delete(rangeOf(answerId));
    });
  }

  /**
   * The page ends: leave what is not written yet for the next load. Where IndexedDB does not work, nothing is left: the
   * page says that it must stay open.
   */
  leaveUnwritten() {
    if (!this.isDurable) return;
    const records = this.writes.isIdle ? [] : [...this.records.values()];
    const unwritten = [...this.pieces.values()].flat().filter((piece) => !piece.isWritten);
    leaveUnwritten({ records, pieces: inMemory(unwritten) });
  }

  /** Write what the page before this one could not write any more. */
  async #takeOver() {
    const { records, pieces } = findUnwritten();
    await Promise.all([
      ...records.map((record) => this.putUpload(record)),
      ...pieces.map((piece) => this.putPiece(piece)),
    ]);
    leaveUnwritten({ records: [], pieces: [] });
  }

  /** @param {string} answerId */
  #of(answerId) {
    return this.pieces.get(answerId) ?? [];
  }

  /** @param {KeptPiece} piece */
  #leaveMemory(piece) {
    if (piece.bytes) this.memoryBytes -= piece.size;
    piece.bytes = null;
  }

  /**
   * @param {KeptPiece} options
   * @returns {Promise<ArrayBuffer | undefined>}
   */
  async #fetched({ answer_id, start }) {
    /** @type {Work<Piece | undefined>} */
    const get = ([pieces]) => pieces.get([answer_id, start]);
    return (await this.database.run(["pieces"], "readonly", get))?.bytes;
  }

  /**
   * The reply of IndexedDB; undefined where it does not answer.
   * @template T
   * @param {string[]} names
   * @param {Work<T>} work
   * @returns {Promise<T | undefined>}
   */
  async #ask(names, work) {
    try {
      return await this.database.run(names, "readonly", work);
    } catch (error) {
      this.fallBack(error);
      return undefined;
    }
  }

  /**
   * Whether it is written.
   * @param {Work<unknown>} change
   */
  async #write(change) {
    if (!this.isDurable && !this.database.isOpen) return false; // it is in memory; do not wait for this browser again
    try {
      await this.writes.write(change);
      return true;
    } catch (error) {
      this.fallBack(error);
      return false;
    }
  }

  /** The connection had ended, perhaps because the storage was cleared: write what is in memory once more. */
  #writeAgain() {
    // What is in memory now: a piece may leave it while this change waits for its transaction.
    const records = [...this.records.values()];
    const recorded = inMemory([...this.pieces.values()].flat());
    void this.#write(([uploads, pieces]) => {
      records.forEach((record) => uploads.put(record));
      recorded.forEach((piece) => pieces.put(piece));
    });
  }
}

/**
 * Those of the pieces that are in memory, as IndexedDB stores them.
 * @param {KeptPiece[]} pieces
 */
function inMemory(pieces) {
  return pieces.flatMap(({ answer_id, start, bytes, until_ms }) =>
    bytes ? [{ answer_id, start, bytes, until_ms }] : [],
  );
}

/**
 * All pieces of an answer without their bytes: the bytes of an hour would fill the memory.
 * @param {IDBObjectStore} pieces
 * @param {string} answerId
 */
function outlineOf(pieces, answerId) {
  const found = { result: /** @type {KeptPiece[]} */ ([]) };
  const asked = pieces.openCursor(rangeOf(answerId));
  asked.onsuccess = () => {
    const cursor = asked.result;
    if (!cursor) return;
    const { start, bytes, until_ms } = cursor.value;
    found.result.push({ answer_id: answerId, start, size: bytes.byteLength, until_ms, bytes: null, isWritten: true });
    cursor.continue();
  };
  return found;
}

/**
 * @param {string} answerId
 * @param {number} [to]
 */
function rangeOf(answerId, to = Infinity) {
  return IDBKeyRange.bound([answerId, 0], [answerId, to]);
}

/** @param {{ start: number, size: number }} piece */
function endOf(piece) {
  return piece.start + piece.size;
}

/**
 * @param {Uint8Array[]} parts
 * @param {number} size
 */
function joined(parts, size) {
  const all = new Uint8Array(size);
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.byteLength;
  }
  return all;
}
