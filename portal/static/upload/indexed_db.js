// A connection to this browser's IndexedDB. It may end at any moment (storage cleared or full, a private window, a
// fault of the browser) and is then opened again. Every wait has a time limit. It knows the stores by name, not their
// content.

import { gettext as _ } from "../site/gettext.js";

/**
 * What a transaction does with the stores; it may return a request whose result is wanted.
 * @template T
 * @typedef {(stores: IDBObjectStore[]) => { result: T } | void} Work
 */

// The names of the database and of its stores ("jobs" holds uploads) must not change: a browser may hold recordings
// that an earlier version stored.
const NAME = "interview-uploads";
const VERSION = 1;
const OPEN_WITHIN_MS = 3_000; // opening takes some ms; some browsers never answer
const WORK_WITHIN_MS = 5_000; // a piece takes some ms, on a busy disk a few hundred
const OPEN_AGAIN_MS = 10_000; // after a failed try; each may cost three seconds

/** The browser's own storage failed; the network has no part in it. */
export class StorageTrouble extends Error {
  isLasting = false; // it failed often, and only a reload may help
}

export class Database {
  /**
   * `onReopened()` is called when it was opened again: its content may be gone.
   * @param {() => void} onReopened
   */
  constructor(onReopened) {
    this.onReopened = onReopened;
    /** @type {IDBDatabase | null} */
    this.connection = null;
    /** @type {Promise<IDBDatabase> | null} */
    this.opening = null;
    this.wasOpen = false;
    this.failedAt = -Infinity;
  }

  /** Whether there is a connection now. */
  get isOpen() {
    return this.connection !== null;
  }

  async open() {
    if (this.connection) return this.connection;
    if (performance.now() - this.failedAt < OPEN_AGAIN_MS) {
      throw new StorageTrouble(_("The storage could not be opened."));
    }
    this.opening ??= this.#open().finally(() => (this.opening = null));
    return this.opening;
  }

  /**
   * One transaction: `work(stores)` makes requests and may return one whose `result` is wanted. Throws StorageTrouble.
   * If the connection has ended meanwhile, the work is done once more over a new one.
   * @template T
   * @param {string[]} names
   * @param {IDBTransactionMode} mode
   * @param {Work<T>} work
   * @returns {Promise<T | undefined>}
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

  /**
   * @template T
   * @param {string[]} names
   * @param {IDBTransactionMode} mode
   * @param {Work<T>} work
   * @returns {Promise<T | undefined>}
   */
  async #once(names, mode, work) {
    const connection = await this.open();
    try {
      // "relaxed": the data survives a crash of the page and of the browser; a power cut may lose the last second.
      const transaction = connection.transaction(names, mode, { durability: "relaxed" });
      const request = work(names.map((name) => transaction.objectStore(name)));
      if (mode === "readwrite") transaction.commit?.(); // without it, the end of the work waits for this busy page
      await within(WORK_WITHIN_MS, committed(transaction));
      return request?.result;
    } catch (error) {
      if (error.name !== "QuotaExceededError") this.#ended(connection); // a new connection may work
      throw error;
    }
  }

  /** @param {IDBDatabase} connection */
  #ended(connection) {
    connection.close();
    if (this.connection === connection) this.connection = null;
  }
}

/** @param {Error} error */
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

/**
 * @template T
 * @param {IDBRequest<T>} request
 * @returns {Promise<T>}
 */
function done(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

/**
 * @param {IDBTransaction} transaction
 * @returns {Promise<void>}
 */
function committed(transaction) {
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve();
    transaction.onabort = () => reject(transaction.error || new DOMException("aborted", "AbortError"));
  });
}

/**
 * @template T
 * @param {number} ms
 * @param {Promise<T>} promise
 * @returns {Promise<T>}
 */
function within(ms, promise) {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  /** @type {Promise<never>} */
  const late = new Promise((_resolve, reject) => {
    timer = setTimeout(() => reject(new StorageTrouble(_("no answer within %(ms)s ms", { ms }))), ms);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}
