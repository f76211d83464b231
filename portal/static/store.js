// Keeps what was recorded but not yet received by the server, so that a reload or a crash loses none of it.
// IndexedDB where the browser offers it; memory where it does not (private window, full disk): then `isDurable` is false
// and the page says that it must stay open. Knows nothing of the network.

const NAME = "interview-uploads";
const VERSION = 1;
const READ_PIECES = 16; // at most this many pieces go up together after a lost connection: about 2 MB

export class Store {
  /** `onFallback` is called once when pieces can only be kept in memory from now on. */
  static async open(onFallback) {
    const store = new Store(onFallback);
    try {
      store.db = await openDatabase();
    } catch (error) {
      store.fallBack(error);
    }
    return store;
  }

  constructor(onFallback) {
    this.onFallback = onFallback;
    this.db = null;
    this.isDurable = true;
    this.memory = []; // pieces that IndexedDB did not take; later ones may be in it again, once there is room
  }

  fallBack(error) {
    if (!this.isDurable) return;
    this.isDurable = false;
    console.warn("Recorded pieces are kept in memory only:", error.name);
    this.onFallback();
  }

  /** Remember an upload as it stands: plain values only. */
  async putJob(job) {
    await this.#write(["jobs"], ([jobs]) => jobs.put(job));
  }

  async jobs(interviewId) {
    const all = this.db ? await done(this.db.transaction("jobs").objectStore("jobs").getAll()) : [];
    return all.filter((job) => job.interview_id === interviewId);
  }

  /** Where the pieces of an answer end; 0 where all were sent and dropped. */
  async endOfPieces(answerId) {
    if (!this.db) return 0;
    const pieces = this.db.transaction("pieces").objectStore("pieces");
    const last = await done(pieces.openCursor(rangeOf(answerId), "prev"));
    return last ? endOf(last.value) : 0;
  }

  /** `piece` is { answer_id, start, bytes, until_ms }. */
  async putPiece(piece) {
    const isKept = await this.#write(["pieces"], ([pieces]) => pieces.put(piece));
    if (!isKept) this.memory.push(piece);
  }

  /** The bytes that follow `offset`, whole pieces up to `limit` bytes; null when there are none. */
  async read(answerId, offset, limit) {
    const from = await this.#startOfPieceAt(answerId, offset);
    const waiting = (await this.#pieces(answerId, from)).filter((piece) => endOf(piece) > offset);
    if (!waiting.length || waiting[0].start > offset) return null;
    const parts = [new Uint8Array(waiting[0].bytes, offset - waiting[0].start)];
    let [size, untilMs] = [parts[0].byteLength, waiting[0].until_ms];
    for (const piece of waiting.slice(1)) {
      if (piece.start !== offset + size || size + piece.bytes.byteLength > limit) break;
      parts.push(new Uint8Array(piece.bytes));
      size += piece.bytes.byteLength;
      untilMs = piece.until_ms;
    }
    return { bytes: joined(parts, size), untilMs };
  }

  /** Let go of what the server has. */
  async dropBefore(answerId, offset) {
    const gone = (await this.#pieces(answerId, 0)).filter((piece) => endOf(piece) <= offset);
    this.memory = this.memory.filter((piece) => !gone.includes(piece));
    await this.#write(["pieces"], ([pieces]) => gone.forEach((piece) => pieces.delete([answerId, piece.start])));
  }

  async forget(answerId) {
    this.memory = this.memory.filter((piece) => piece.answer_id !== answerId);
    await this.#write(["jobs", "pieces"], ([jobs, pieces]) => {
      jobs.delete(answerId);
      pieces.delete(rangeOf(answerId));
    });
  }

  /** The first pieces that start at `from` or later, in the order of the recording, wherever each of them is kept. */
  async #pieces(answerId, from) {
    const own = this.memory.filter((piece) => piece.answer_id === answerId);
    if (this.db) {
      const pieces = this.db.transaction("pieces").objectStore("pieces");
      own.push(...(await done(pieces.getAll(rangeOf(answerId, from), READ_PIECES))));
    }
    return own.sort((one, other) => one.start - other.start);
  }

  /** Where to read from: pieces before it that could not be dropped (a full disk refuses even that) are passed over. */
  async #startOfPieceAt(answerId, offset) {
    if (!this.db) return 0;
    const pieces = this.db.transaction("pieces").objectStore("pieces");
    const last = await done(pieces.openKeyCursor(rangeOf(answerId, 0, offset), "prev"));
    return last ? last.primaryKey[1] : 0;
  }

  async #write(names, change) {
    if (!this.db) return false;
    try {
      // "relaxed": it survives a crash of the page and of the browser; only a power cut could take the last second.
      const transaction = this.db.transaction(names, "readwrite", { durability: "relaxed" });
      change(names.map((name) => transaction.objectStore(name)));
      await committed(transaction);
      return true;
    } catch (error) {
      this.fallBack(error);
      return false;
    }
  }
}

function openDatabase() {
  const opening = indexedDB.open(NAME, VERSION);
  opening.onupgradeneeded = () => {
    opening.result.createObjectStore("jobs", { keyPath: "answer_id" });
    opening.result.createObjectStore("pieces", { keyPath: ["answer_id", "start"] });
  };
  return done(opening);
}

function done(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

function committed(transaction) {
  return new Promise((resolve, reject) => {
    transaction.oncomplete = resolve;
    transaction.onabort = () => reject(transaction.error || new DOMException("aborted", "AbortError"));
  });
}

function rangeOf(answerId, from = 0, to = Infinity) {
  return IDBKeyRange.bound([answerId, from], [answerId, to]);
}

function endOf(piece) {
  return piece.start + piece.bytes.byteLength;
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
