// The uploader and the piece store against a server on loopback: whatever happens on the way, the server ends with the
// very bytes that were recorded.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { setOnline } from "./support/page.js";
import { joined, loadPage, newAnswer, record, recorded, until } from "./support/sending.js";
import { UploadServer, htmlPage, lostAfter, lostBefore, problem, sha256 } from "./support/upload_server.js";
import { Upload } from "../../portal/static/upload/upload.js";

/** @import { Trick } from "./support/upload_server.js" */

/** @type {UploadServer} */
let server;
before(async () => (server = await UploadServer.start()));
after(() => server.close());

/**
 * Record an answer to its end while these tricks come between.
 * @param {Trick[]} tricks
 */
async function sentThrough(tricks, blobs = recorded(), options = {}) {
  server.requests = [];
  server.received = 0;
  server.tricks = tricks;
  const loaded = await loadPage(server, options);
  const upload = newAnswer(server);
  await loaded.uploader.add(upload);
  await record(loaded.uploader, upload, blobs);
  await loaded.uploader.end(upload, 1_600);
  await loaded.uploader.whenSettled([upload.answer_id]);
  loaded.page.close();
  return { ...loaded, upload, bytes: await joined(blobs), kept: server.kept(upload.answer_id) };
}

/** @param {Awaited<ReturnType<typeof sentThrough>>} sent */
function assertWhole({ bytes, kept, upload }) {
  assert.equal(sha256(kept.bytes), sha256(bytes));
  assert.deepEqual([kept.state, kept.length], ["received", bytes.byteLength]);
  assert.deepEqual([upload.is_complete, upload.trouble, upload.saved_ms], [true, "", 1_600]);
}

test("an answer arrives whole, in order, and no byte is sent twice", async () => {
  const sent = await sentThrough([]);
  assertWhole(sent);
  assert.equal(server.received, sent.bytes.byteLength);
  const offsets = server.seen("PATCH").map(({ offset }) => offset);
  assert.deepEqual(offsets, [...offsets].sort((a, b) => a - b));
});

test("what the server confirmed is not kept in the browser", async () => {
  const { store, upload } = await sentThrough([]);
  assert.equal(store.memoryBytes, 0);
  assert.equal(await store.endOfPieces(upload.answer_id), 0);
  assert.deepEqual(await store.uploads(upload.interview_id), []);
});

test("a request that never arrived is sent again", async () => {
  const sent = await sentThrough([lostBefore]);
  assertWhole(sent);
});

test("where only the reply was lost, the server is asked, and nothing acknowledged is sent again", async () => {
  const sent = await sentThrough([lostAfter(server)]);
  assertWhole(sent);
  assert.equal(server.seen("HEAD").length, 1);
  assert.equal(server.received, sent.bytes.byteLength);
});

test("409 with an offset: the server is right, also where it has less than it said before", async () => {
  const blobs = recorded(6);
  const loaded = await loadPage(server, { chunkMaxBytes: 30_000 });
  const upload = newAnswer(server);
  await loaded.uploader.add(upload);
  await record(loaded.uploader, upload, blobs.slice(0, 3));
  await until(() => upload.sent_bytes === 90_000);
  upload.sent_bytes = 60_000; // as if this page had missed a reply
  await record(loaded.uploader, upload, blobs.slice(3), 3);
  await loaded.uploader.end(upload, 2_400);
  await loaded.uploader.whenSettled([upload.answer_id]);
  loaded.page.close();
  assert.equal(sha256(server.kept(upload.answer_id).bytes), sha256(await joined(blobs)));
});

for (const status of [200, 403, 404, 413, 502]) {
  test(`a proxy's page with status ${status} is not believed`, async () => {
    assertWhole(await sentThrough([htmlPage(status)]));
  });
}

test("our own 503 is passing", async () => {
  assertWhole(await sentThrough([(_seen, response) => (problem(response, 503, {}), true)]));
});

test("where our server takes only small requests, they become smaller until they fit", async () => {
  server.largestRequest = 20_000;
  const sent = await sentThrough([]);
  server.largestRequest = Infinity;
  assertWhole(sent);
});

test("a proxy that takes only small requests is learned, and its limit is not passed again", async () => {
  /** @type {Trick} */
  const limit = (seen, response) => {
    server.tricks.push(limit);
    return seen.body.length > 10_000 && htmlPage(413)(seen, response);
  };
  const sent = await sentThrough([limit]);
  server.tricks = [];
  assertWhole(sent);
  const sizes = server.seen("PATCH").map(({ body }) => body.length);
  const firstThatFits = sizes.findIndex((size) => size <= 10_000);
  assert.ok(sizes.slice(firstThatFits).every((size) => size <= 10_000), sizes.join(" "));
});

test("a refusal of ours that a second request would not change ends the answer with the server's words", async () => {
  const loaded = await loadPage(server);
  const upload = newAnswer(server);
  server.tricks = [(_seen, response) => (problem(response, 403, { detail: "The interview is over." }), true)];
  await loaded.uploader.add(upload);
  await record(loaded.uploader, upload, recorded(2));
  await until(() => upload.trouble !== "");
  assert.equal(upload.trouble, "The interview is over.");
  const stored = upload.stored_bytes;
  await record(loaded.uploader, upload, recorded(1));
  assert.equal(upload.stored_bytes, stored, "a file with a hole is of no use, so nothing is added to it");
  loaded.page.close();
});

test("an expired token is renewed", async () => {
  assertWhole(await sentThrough([(_seen, response) => (problem(response, 401, {}), true)]));
  assert.ok(server.requests.some(({ path }) => path.endsWith("/token")));
});

test("without a network everything is kept, and sent as soon as the network is back", async () => {
  const loaded = await loadPage(server);
  const upload = newAnswer(server);
  const blobs = recorded(3);
  server.tricks = Array.from({ length: 40 }, () => lostBefore);
  await loaded.uploader.add(upload);
  setOnline(false);
  await record(loaded.uploader, upload, blobs);
  await loaded.uploader.end(upload, 1_200);
  await until(() => upload.media.error !== null);
  assert.ok(loaded.uploader.obstacle);
  assert.equal(loaded.store.memoryBytes, 90_000);
  server.tricks = [];
  setOnline(true);
  await loaded.uploader.whenSettled([upload.answer_id]);
  assert.equal(sha256(server.kept(upload.answer_id).bytes), sha256(await joined(blobs)));
  assert.equal(loaded.uploader.obstacle, null);
  loaded.page.close();
});

test("an answer that cannot be sent does not delay the others", async () => {
  const loaded = await loadPage(server);
  const [stuck, other] = [newAnswer(server), newAnswer(server)];
  /** @type {Trick} */
  const hold = (seen, response) => {
    server.tricks.push(hold);
    return seen.path.includes(stuck.answer_id) && lostBefore(seen, response);
  };
  server.tricks = [hold];
  for (const upload of [stuck, other]) {
    await loaded.uploader.add(upload);
    await record(loaded.uploader, upload, recorded(2));
    await loaded.uploader.end(upload, 800);
  }
  await loaded.uploader.whenSettled([other.answer_id]);
  assert.equal(stuck.is_complete, false);
  server.tricks = [];
  loaded.uploader.retry();
  await loaded.uploader.whenSettled([stuck.answer_id]);
  loaded.page.close();
});

test("a part that began without the server is created when the server can be reached, after the part before", async () => {
  const loaded = await loadPage(server);
  const first = newAnswer(server);
  const wish = { question: 1, continues: first.answer_id };
  const second = new Upload({ answer_id: "further-part", interview_id: first.interview_id, wish });
  await loaded.uploader.add(first);
  await loaded.uploader.add(second);
  const blobs = recorded(2);
  await record(loaded.uploader, second, blobs);
  await loaded.uploader.end(second, 800);
  assert.equal(second.isBegun, false);
  await record(loaded.uploader, first, recorded(1));
  await loaded.uploader.end(first, 400);
  await loaded.uploader.whenSettled([first.answer_id, second.answer_id]);
  assert.equal(sha256(server.kept("further-part").bytes), sha256(await joined(blobs)));
  loaded.page.close();
});

test("page events are reported once, and an open one again at its end", async () => {
  const loaded = await loadPage(server);
  const upload = newAnswer(server);
  /** @type {PageEvent} */
  const pause = { kind: "camera_paused", t_ms: 100, until_ms: null, is_open: true };
  await loaded.uploader.add(upload);
  await record(loaded.uploader, upload, recorded(1));
  await loaded.uploader.addEvent(upload, pause);
  await until(() => server.kept(upload.answer_id).events.length === 1);
  Object.assign(pause, { until_ms: 300, is_open: false });
  await loaded.uploader.eventChanged(upload);
  await loaded.uploader.end(upload, 400);
  await loaded.uploader.whenSettled([upload.answer_id]);
  assert.deepEqual(server.kept(upload.answer_id).events.map(({ until_ms }) => until_ms), [null, 300]);
  loaded.page.close();
});

test("after a reload a second uploader over the same store sends the rest, and nothing acknowledged again", async () => {
  const blobs = recorded(6);
  const first = await loadPage(server, { chunkMaxBytes: 30_000 });
  const upload = newAnswer(server);
  await first.uploader.add(upload);
  await record(first.uploader, upload, blobs.slice(0, 2));
  await until(() => upload.sent_bytes === 60_000);
  first.page.close(); // from here on no reply reaches the first page
  await record(first.uploader, upload, blobs.slice(2), 2);
  const confirmed = server.kept(upload.answer_id).bytes.length;
  server.received = 0;

  const second = await loadPage(server);
  const [known] = await second.store.uploads(upload.interview_id);
  assert.ok(known);
  const stored_bytes = await second.store.endOfPieces(upload.answer_id);
  const again = new Upload({ ...known, stored_bytes, isFromEarlierLoad: true, is_ended: true });
  await second.uploader.add(again);
  await second.uploader.whenSettled([upload.answer_id]);
  second.page.close();
  assert.equal(sha256(server.kept(upload.answer_id).bytes), sha256(await joined(blobs)));
  assert.equal(server.received, 180_000 - confirmed);
});

test("bytes that neither browser nor server has end the answer there, and it says so", async () => {
  const loaded = await loadPage(server, { chunkMaxBytes: 30_000 });
  const upload = newAnswer(server);
  await loaded.uploader.add(upload);
  await record(loaded.uploader, upload, recorded(1));
  await until(() => upload.sent_bytes === 30_000);
  upload.addStored(5_000); // nobody has these
  await loaded.uploader.end(upload, 900);
  await loaded.uploader.whenSettled([upload.answer_id]);
  assert.equal(upload.lost, "a part of it is gone from this browser");
  assert.equal(server.kept(upload.answer_id).length, 30_000);
  loaded.page.close();
});

test("an answer of which nothing was recorded is completed with no byte, and forgotten", async () => {
  const loaded = await loadPage(server);
  const upload = newAnswer(server);
  await loaded.uploader.add(upload);
  await loaded.uploader.end(upload, 0);
  await loaded.uploader.whenSettled([upload.answer_id]);
  assert.equal(server.kept(upload.answer_id).length, 0);
  loaded.page.close();
});
