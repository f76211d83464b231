// The store of the recorded pieces over a real IndexedDB, and without one.

import "./support/page.js";

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { test } from "node:test";

import { PieceStore } from "../../portal/static/upload/piece_store.js";

/**
 * @param {string} answer_id
 * @returns {UploadRecord}
 */
function recordOf(answer_id, interview_id = "interview") {
  const progress = { is_ended: false, recorded_ms: 0, saved_bytes: 0, saved_ms: 0 };
  return { answer_id, interview_id, wish: null, watched: false, events: [], ...progress };
}

/** A store with pieces of 4 bytes: 0123, 4567, 89ab … */
async function stored(pieces = 3) {
  const store = await PieceStore.open(() => {});
  const answer_id = randomUUID();
  await store.putUpload(recordOf(answer_id));
  for (let number = 0; number < pieces; number += 1) {
    const bytes = new Uint8Array([0, 1, 2, 3].map((at) => 4 * number + at)).buffer;
    await store.putPiece({ answer_id, start: 4 * number, bytes, until_ms: 400 * (number + 1) });
  }
  return { store, answer_id };
}

/**
 * A second store over the same browser, as after a reload.
 * @param {string} answer_id
 */
async function reloaded(answer_id) {
  const store = await PieceStore.open(() => {});
  return { store, end: await store.endOfPieces(answer_id) };
}

/** @param {Uint8Array | null} bytes */
const numbers = (bytes) => (bytes ? [...bytes] : null);

test("bytes are read from any offset, across pieces, up to a limit", async () => {
  const { store, answer_id } = await stored();
  assert.deepEqual(numbers(await store.read(answer_id, 0, 4)), [0, 1, 2, 3]);
  assert.deepEqual(numbers(await store.read(answer_id, 3, 6)), [3, 4, 5, 6, 7, 8]);
  assert.deepEqual(numbers(await store.read(answer_id, 10, 100)), [10, 11]);
  assert.equal(await store.read(answer_id, 12, 1), null);
});

test("a later load of the page reads the same bytes, and knows the times that they reach", async () => {
  const { answer_id } = await stored();
  const { store, end } = await reloaded(answer_id);
  assert.equal(end, 12);
  assert.deepEqual(numbers(await store.read(answer_id, 3, 6)), [3, 4, 5, 6, 7, 8]);
  assert.equal(store.untilMs(answer_id, 8), 800);
  assert.equal(store.untilMs(answer_id, 3), null);
});

test("what the server has is dropped; a piece that it has in part stays", async () => {
  const { store, answer_id } = await stored();
  await store.dropBefore({ ...recordOf(answer_id), saved_bytes: 6 }, 6);
  assert.equal(store.memoryBytes, 8);
  assert.equal(await store.read(answer_id, 0, 4), null);
  const later = await reloaded(answer_id);
  assert.deepEqual(numbers(await later.store.read(answer_id, 6, 100)), [6, 7, 8, 9, 10, 11]);
  const [record] = (await later.store.uploads("interview")).filter((one) => one.answer_id === answer_id);
  assert.equal(record?.saved_bytes, 6);
});

test("a hole is never read over", async () => {
  const { store, answer_id } = await stored(1);
  await store.putPiece({ answer_id, start: 8, bytes: new Uint8Array([8, 9]).buffer, until_ms: 900 });
  assert.deepEqual(numbers(await store.read(answer_id, 0, 100)), [0, 1, 2, 3]);
  assert.equal(await store.read(answer_id, 4, 100), null);
});

test("uploads of another interview are not found", async () => {
  const store = await PieceStore.open(() => {});
  await store.putUpload(recordOf("of-another", "another"));
  assert.deepEqual((await store.uploads("another")).map(({ answer_id }) => answer_id), ["of-another"]);
  assert.ok(!(await store.uploads("interview")).some(({ answer_id }) => answer_id === "of-another"));
});

test("what is forgotten is gone after a reload, too", async () => {
  const { store, answer_id } = await stored();
  await store.forget(answer_id);
  const later = await reloaded(answer_id);
  assert.equal(later.end, 0);
  assert.ok(!(await later.store.uploads("interview")).some((one) => one.answer_id === answer_id));
});

test("a piece can be read before it is written", async () => {
  const { store, answer_id } = await stored(0);
  /** @type {Promise<Uint8Array | null>} */
  const early = new Promise((resolve) => {
    const bytes = new Uint8Array([7]).buffer;
    void store.putPiece({ answer_id, start: 0, bytes, until_ms: 1 }, () => resolve(store.read(answer_id, 0, 1)));
  });
  assert.deepEqual(numbers(await early), [7]);
});

test("without IndexedDB the pieces stay in memory, and the page is told once", async () => {
  const real = globalThis.indexedDB;
  const broken = { open: () => assert.fail("this browser has none") };
  Object.defineProperty(globalThis, "indexedDB", { value: broken, configurable: true, writable: true });
  try {
    let told = 0;
    const store = await PieceStore.open(() => (told += 1));
    await store.putUpload(recordOf("in-memory"));
    await store.putPiece({ answer_id: "in-memory", start: 0, bytes: new Uint8Array([1, 2]).buffer, until_ms: 1 });
    assert.deepEqual(numbers(await store.read("in-memory", 0, 9)), [1, 2]);
    assert.deepEqual([store.isDurable, told], [false, 1]);
  } finally {
    Object.defineProperty(globalThis, "indexedDB", { value: real, configurable: true, writable: true });
  }
});

test("what is not written yet when the page ends is there in the next load, byte for byte", async () => {
  const { store, answer_id } = await stored(1);
  const every = Uint8Array.from({ length: 20_000 }, (_, at) => at % 256);
  void store.putPiece({ answer_id, start: 4, bytes: every.buffer, until_ms: 800 });
  store.leaveUnwritten();
  await Promise.all([...store.pieces.values()].map(() => store.forget(answer_id))); // as if it had never been written
  const later = await reloaded(answer_id);
  assert.equal(later.end, 20_004);
  assert.deepEqual(numbers(await later.store.read(answer_id, 4, 30_000)), [...every]);
  assert.equal(sessionStorage.getItem("interview-unwritten"), null);
  assert.equal((await reloaded(answer_id)).end, 20_004); // now IndexedDB has it
});

test("where all is written, nothing is left behind", async () => {
  const { store } = await stored();
  store.leaveUnwritten();
  assert.equal(sessionStorage.getItem("interview-unwritten"), null);
});

test("what comes while a transaction runs is written in one", async () => {
  const { store, answer_id } = await stored(0);
  const { prototype } = IDBDatabase;
  const { transaction } = prototype;
  let count = 0;
  prototype.transaction = function counted(...options) {
    count += 1;
    return transaction.apply(this, options);
  };
  /** @param {number} start */
  const put = (start) => store.putPiece({ answer_id, start, bytes: new ArrayBuffer(1), until_ms: start });
  await Promise.all([0, 1, 2, 3, 4].map(put));
  prototype.transaction = transaction;
  assert.equal(count, 2);
  assert.equal((await reloaded(answer_id)).end, 5);
});

test("where the disk is full, a piece fails, and what came with it is written all the same", async () => {
  const { store, answer_id } = await stored(3);
  const { prototype } = IDBObjectStore;
  const { put } = prototype;
  prototype.put = function full(value, ...key) {
    if (value.bytes) throw new DOMException("full", "QuotaExceededError");
    return put.call(this, value, ...key);
  };
  const blocking = store.putUpload(recordOf(answer_id));
  const piece = store.putPiece({ answer_id, start: 12, bytes: new ArrayBuffer(4), until_ms: 1_600 });
  const dropping = store.dropBefore({ ...recordOf(answer_id), saved_bytes: 8 }, 8);
  await Promise.all([blocking, piece, dropping]);
  prototype.put = put;
  assert.equal(store.isDurable, false);
  const later = await reloaded(answer_id);
  assert.deepEqual([later.end, await later.store.read(answer_id, 0, 4)], [12, null]);
});

test("a piece that leaves memory while it waits to be written again keeps its bytes", async () => {
  const { store, answer_id } = await stored(1);
  store.database.connection?.onclose?.(new Event("close")); // the next writing opens again, and writes all again
  const large = new Uint8Array(33_000_000).fill(7); // more than memory may hold, so it leaves as soon as it is written
  await store.putPiece({ answer_id, start: 4, bytes: large.buffer, until_ms: 800 });
  await store.putUpload(recordOf(answer_id)); // waits for what is written again
  const later = await reloaded(answer_id);
  assert.equal(later.end, 33_000_004);
  assert.deepEqual(numbers(await later.store.read(answer_id, 3, 3)), [3, 7, 7]);
});
