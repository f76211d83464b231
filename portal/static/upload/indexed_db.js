// A connection to this browser's IndexedDB. It may end at any moment (storage cleared or full, a private window, a
// fault of the browser) and is then opened again. Every wait has a time limit. It knows the stores by name, not their
// content.

// The names of the database and of its stores ("jobs" holds uploads) must not change: a browser may hold recordings
// that an earlier version stored.
const NAME = "interview-uploads";
const VERSION = 1;
const OPEN_WITHIN_MS = 3_000; // opening takes some ms; some browsers never answer
const WORK_WITHIN_MS = 5_000; // a piece takes some ms, on a busy disk a few hundred
const OPEN_AGAIN_MS = 10_000; // after a failed try; each may cost three seconds

/** The browser's own storage failed; the network has no part in it. */
export class StorageTrouble extends Error {}

export class Database {
  /** `onReopened()` is called when it was opened again: its content may be gone. */
  constructor(onReopened) {
    Object.assign(this, { onReopened, connection: null, opening: null, wasOpen: false, failedAt: -Infinity });
  }

  /** Whether there is a connection now. */
  get isOpen() {
    return this.connection !== null;
  }

  async open() {
    if (this.connection) return this.connection;
    if (performance.now() - this.failedAt < OPEN_AGAIN_MS) throw new StorageTrouble("The storage could not be opened.");
    this.opening ??= this.#open().finally(() => (this.opening = null));
    return this.opening;
  }

  /**
   * One transaction: `work(stores)` makes requests and may return one whose `result` is wanted. Throws StorageTrouble.
   * If the connection has ended meanwhile, the work is done once more over a new one.
   */
  async run(names, mode, work) {
    try {
      return await this.#once(names, mode, work);
    } catch (error) {
      if (this.isOpen) throw troubleOf(error); // the work failed, not the connection
    }
    try {
      return await this.#once(names, mode, work);
    } catch (error) {
      throw troubleOf(error);
    }
  }

  async #open() {
    try {
      this.connection = await opened();
    } catch (error) {
      this.failedAt = performance.now();
      throw error;
    }
    const { connection } = this;
    connection.onclose = () => this.#ended(connection);
    connection.onversionchange = () => this.#ended(connection); // another page wants to delete it: do not block that
    const isAgain = this.wasOpen;
    this.wasOpen = true;
    if (isAgain) this.onReopened();
    return connection;
  }

  async #once(names, mode, work) {
    const connection = await this.open();
    try {
      // "relaxed": the data survives a crash of the page and of the browser; a power cut may lose the last second.
      const transaction = connection.transaction(names, mode, { durability: "relaxed" });
      const request = work(names.map((name) => transaction.objectStore(name)));
      await within(WORK_WITHIN_MS, committed(transaction));
      return request?.result;
    } catch (error) {
      if (error.name !== "QuotaExceededError") this.#ended(connection); // a new connection may work
      throw error;
    }
  }

  #ended(connection) {
    connection.close();
    if (this.connection === connection) this.connection = null;
  }
}

function troubleOf(error) {
  return error instanceof StorageTrouble ? error : new StorageTrouble(`${error.name}: ${error.message}`);
}

async function opened() {
  const opening = indexedDB.open(NAME, VERSION);
  opening.onupgradeneeded = () => {
    opening.result.createObjectStore("jobs", { keyPath: "answer_id" });
    opening.result.createObjectStore("pieces", { keyPath: ["answer_id", "start"] });
  };
  try {
    return await within(OPEN_WITHIN_MS, done(opening));
  } catch (error) {
    opening.onsuccess = () => opening.result.close(); // too late: an open connection would block others
    throw error;
  }
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

function within(ms, promise) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new StorageTrouble(`no answer within ${ms} ms`)), ms);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}
