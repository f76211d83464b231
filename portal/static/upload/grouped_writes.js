// Writes changes to IndexedDB in the order of the calls, one transaction at a time. What comes while a transaction runs
// is written with the next one. So a change waits for at most one transaction before its own, however slow the disk is.

/** @import { Database, Work } from "./indexed_db.js" */
/** @typedef {{ make: Work<unknown>, resolve: () => void, reject: (error: Error) => void }} Change */

export class GroupedWrites {
  /**
   * The changes get these stores, in this order.
   * @param {Database} database
   * @param {string[]} names
   */
  constructor(database, names) {
    this.database = database;
    this.names = names;
    /** @type {Change[]} */
    this.waiting = [];
    this.isRunning = false;
  }

  /** Whether every change is written, or has failed. */
  get isIdle() {
    return !this.isRunning && !this.waiting.length;
  }

  /**
   * Resolves once the change is written. Throws StorageTrouble.
   * @param {Work<unknown>} make
   * @returns {Promise<void>}
   */
  write(make) {
    return new Promise((resolve, reject) => {
      this.waiting.push({ make, resolve, reject });
      if (!this.isRunning) void this.#run();
    });
  }

  async #run() {
    this.isRunning = true;
    while (this.waiting.length) await this.#writeGroup(this.waiting.splice(0));
    this.isRunning = false;
  }

  /** @param {Change[]} group */
  async #writeGroup(group) {
    try {
      await this.database.run(this.names, "readwrite", (stores) => group.forEach(({ make }) => void make(stores)));
      group.forEach(({ resolve }) => resolve());
    } catch (error) {
      // Where the disk is full, a piece fails, but what deletes others succeeds, and makes room.
      if (group.length > 1 && this.database.isOpen) for (const change of group) await this.#writeGroup([change]);
      else group.forEach(({ reject }) => reject(error));
    }
  }
}
