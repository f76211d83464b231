// A page that is reloaded while IndexedDB is slow: recorder, uploader and store together lose at most two seconds.

import { openPage } from "./support/page.js";

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { newRecorder } from "./support/recording.js";
import { loadPage, newAnswer } from "./support/sending.js";
import { SlowDisk } from "./support/slow_disk.js";
import { UploadServer, lostBefore } from "./support/upload_server.js";
import { PieceStore } from "../../portal/static/upload/piece_store.js";

const COMMIT_MS = 1_500; // of each transaction
const LOST_MAX_MS = 2_000; // what a reload may cost, by the project's own promise

/** @type {UploadServer} */
let server;
before(async () => (server = await UploadServer.start()));
after(() => server.close());

/**
 * Record, and end the page. Returns how much was recorded and how much of it browser or server has then, in ms.
 * @param {{ recordMs: number, isOnline: boolean, isWarned: boolean }} options
 */
async function endPage({ recordMs, isOnline, isWarned }) {
  const disk = new SlowDisk(COMMIT_MS);
  const { page, store, uploader } = await loadPage(server);
  const upload = newAnswer(server);
  server.tricks = isOnline ? [] : Array.from({ length: 1_000 }, () => lostBefore);
  void page.run(() => uploader.add(upload));
  /** @type {Map<number, number>} */
  const times = new Map([[0, 0]]);
  let size = 0;
  const recorder = newRecorder({
    onBlob: (blob, untilMs) => {
      times.set((size += blob.size), untilMs);
      return page.run(() => uploader.addBlob(upload, blob, untilMs));
    },
  });
  await recorder.start();
  await new Promise((resolve) => setTimeout(resolve, recordMs));
  const recordedMs = recorder.recordedMs;
  if (isWarned) store.leaveUnwritten();
  page.close();
  disk.pageEnds();
  await recorder.stop();
  const later = await openPage(server.address).run(() => PieceStore.open(() => {}));
  const end = await later.endOfPieces(upload.answer_id);
  const keptMs = later.untilMs(upload.answer_id, end) ?? 0;
  const savedMs = times.get(server.kept(upload.answer_id).bytes.length) ?? 0;
  await later.forget(upload.answer_id);
  return { recordedMs, keptMs, savedMs, lostMs: recordedMs - Math.max(keptMs, savedMs), upload };
}

for (const isOnline of [true, false]) {
  test(`a reload ${isOnline ? "with" : "without"} a network loses at most 2 s of a slow disk`, async (context) => {
    const { lostMs, upload, savedMs } = await endPage({ recordMs: 7_000, isOnline, isWarned: true });
    context.diagnostic(`lost ${Math.round(lostMs)} ms`);
    assert.ok(lostMs <= LOST_MAX_MS, `${lostMs}`);
    assert.ok(upload.saved_ms <= savedMs, "the page called no more saved than the server has");
  });
}

test("a crash that nobody announces loses at most 2 s where the server can be reached", async (context) => {
  const { lostMs } = await endPage({ recordMs: 7_000, isOnline: true, isWarned: false });
  context.diagnostic(`lost ${Math.round(lostMs)} ms`);
  assert.ok(lostMs <= LOST_MAX_MS, `${lostMs}`);
});

test("a crash without a network loses what one transaction and the one before it hold", async (context) => {
  const { lostMs } = await endPage({ recordMs: 7_000, isOnline: false, isWarned: false });
  context.diagnostic(`lost ${Math.round(lostMs)} ms`);
  assert.ok(lostMs <= 2 * COMMIT_MS + 1_000, `${lostMs}`);
});
