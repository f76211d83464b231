// Keeps what was recorded and not yet confirmed by the server. Each piece stays in memory, from where it is sent, and is
// written to IndexedDB beside, so that a reload or a crash loses none of it. Where IndexedDB does not take it (private window,
// full disk), `isDurable` is false and the page says that it must stay open. Knows nothing of the network.

import { Database, StorageTrouble } from "./indexed_db.js";

export { StorageTrouble };

const IN_MEMORY_BYTES = 32_000_000; // four minutes without network; what comes after those is in IndexedDB alone, if it took it

export class Store {
  /** `onFallback` is called once when pieces can only be kept in memory from now on. */
  static async open(onFallback) {
    const store = new Store(onFallback);
    try {
      await store.database.open();
    } catch (error) {
      store.fallBack(error);
    }
    return store;
  }

  constructor(onFallback) {
    this.onFallback = onFallback;
    this.database = new Database(() => this.#writeAnew());
    this.isDurable = true;
    this.records = new Map(); // of the jobs, as they were last put
    this.pieces = new Map(); // by answer, in order: { answer_id, start, size, until_ms, bytes (null: only in IndexedDB) }
    this.memoryBytes = 0;
  }

  fallBack(error) {
    if (!this.isDurable) return;
    this.isDurable = false;
    console.warn("Recorded pieces are kept in memory only:", error.name, error.message);
    this.onFallback();
  }

  /** Remember an upload as it stands: plain values only. */
  async putJob(record) {
    this.records.set(record.answer_id, record);
    await this.#write(["jobs"], ([jobs]) => jobs.put(record));
  }

  /** What an earlier load of this page remembered of its uploads. */
  async jobs(interviewId) {
    const all = (await this.#ask(["jobs"], ([jobs]) => jobs.getAll())) ?? [];
    return all.filter((job) => job.interview_id === interviewId);
  }

  /** Where the pieces end that an earlier load left of an answer; 0 where all were sent and dropped. */
  async endOfPieces(answerId) {
    const left = (await this.#ask(["pieces"], ([pieces]) => outlineOf(pieces, answerId))) ?? [];
    this.pieces.set(answerId, left);
    return left.length ? endOf(left[left.length - 1]) : 0;
  }

  /** `piece` is { answer_id, start, bytes, until_ms }. `onHeld()` at once when it can be read; resolves when it is kept. */
  async putPiece({ answer_id, start, bytes, until_ms }, onHeld = () => {}) {
    const piece = { answer_id, start, size: bytes.byteLength, until_ms, bytes };
    this.pieces.set(answer_id, [...this.#of(answer_id), piece]);
    this.memoryBytes += piece.size;
    onHeld();
    const isKept = await this.#write(["pieces"], ([pieces]) => pieces.put({ answer_id, start, bytes, until_ms }));
    if (isKept && this.memoryBytes > IN_MEMORY_BYTES) this.#leaveMemory(piece);
  }

  /**
   * At most `limit` bytes that follow `offset`; null where they are in neither place any more. Throws StorageTrouble where
   * that cannot be known now.
   */
  async read(answerId, offset, limit) {
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

  /** Up to which time the recording is wholly before `offset`; null where no piece that is still here says so. */
  untilMs(answerId, offset) {
    const before = this.#of(answerId).filter((piece) => endOf(piece) <= offset);
    return before.length ? before[before.length - 1].until_ms : null;
  }

  /** Let go of what the server has; a piece that it has a part of stays. `record` is the job, as it stands now. */
  async dropBefore(record, offset) {
    const own = this.#of(record.answer_id);
    const gone = own.filter((piece) => endOf(piece) <= offset);
    if (!gone.length) return;
    gone.forEach((piece) => this.#leaveMemory(piece));
    this.pieces.set(record.answer_id, own.filter((piece) => endOf(piece) > offset));
    this.records.set(record.answer_id, record);
    await this.#write(["jobs", "pieces"], ([jobs, pieces]) => {
      jobs.put(record);
      pieces.delete(rangeOf(record.answer_id, gone[gone.length - 1].start));
    });
  }

  async forget(answerId) {
    this.#of(answerId).forEach((piece) => this.#leaveMemory(piece));
    this.pieces.delete(answerId);
    this.records.delete(answerId);
    await this.#write(["jobs", "pieces"], ([jobs, pieces]) => {
      jobs.delete(answerId);
      pieces.delete(rangeOf(answerId));
    });
  }

  #of(answerId) {
    return this.pieces.get(answerId) ?? [];
  }

  #leaveMemory(piece) {
    if (piece.bytes) this.memoryBytes -= piece.size;
    piece.bytes = null;
  }

  async #fetched({ answer_id, start }) {
    return (await this.database.run(["pieces"], "readonly", ([pieces]) => pieces.get([answer_id, start])))?.bytes;
  }

  /** What IndexedDB says; undefined where it does not answer. */
  async #ask(names, work) {
    try {
      return await this.database.run(names, "readonly", work);
    } catch (error) {
      this.fallBack(error);
      return undefined;
    }
  }

  /** Whether it is written. */
  async #write(names, change) {
    if (!this.isDurable && !this.database.isOpen) return false; // memory has it; nobody waits for a browser that did not answer
    try {
      await this.database.run(names, "readwrite", change);
      return true;
    } catch (error) {
      this.fallBack(error);
      return false;
    }
  }

  /** The connection had ended, perhaps because everything in it was cleared: what memory has is written once more. */
  #writeAnew() {
    const held = [...this.pieces.values()].flat().filter((piece) => piece.bytes);
    this.#write(["jobs", "pieces"], ([jobs, pieces]) => {
      this.records.forEach((record) => jobs.put(record));
      held.forEach(({ answer_id, start, bytes, until_ms }) => pieces.put({ answer_id, start, bytes, until_ms }));
    });
  }
}

/** All pieces of an answer without their bytes: an hour's would fill the memory. */
function outlineOf(pieces, answerId) {
  const found = { result: [] };
  pieces.openCursor(rangeOf(answerId)).onsuccess = ({ target: { result: cursor } }) => {
    if (!cursor) return;
    const { start, bytes, until_ms } = cursor.value;
    found.result.push({ answer_id: answerId, start, size: bytes.byteLength, until_ms, bytes: null });
    cursor.continue();
  };
  return found;
}

function rangeOf(answerId, to = Infinity) {
  return IDBKeyRange.bound([answerId, 0], [answerId, to]);
}

function endOf(piece) {
  return piece.start + piece.size;
}

function joined(parts, size) {
  const all = new Uint8Array(size);
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.byteLength;
  }
  return all;
}
