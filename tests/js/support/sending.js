// A page that records and sends: the real uploader over the real piece store.

import { randomBytes, randomUUID } from "node:crypto";

import { Api } from "../../../portal/static/server/api.js";
import { PieceStore } from "../../../portal/static/upload/piece_store.js";
import { Upload } from "../../../portal/static/upload/upload.js";
import { Uploader } from "../../../portal/static/upload/uploader.js";
import { openPage } from "./page.js";

/** @import { UploadServer } from "./upload_server.js" */

const PIECE_MS = 400;

/** A recorder's blobs: random, so that no two are alike. */
export function recorded(count = 4, size = 30_000) {
  return Array.from({ length: count }, () => new Blob([randomBytes(size)]));
}

/** @param {Blob[]} blobs */
export async function joined(blobs) {
  return new Uint8Array(await new Blob(blobs).arrayBuffer());
}

/**
 * Load a page on this server.
 * @param {UploadServer} server
 * @param {{ chunkMaxBytes?: number }} [options]
 */
export async function loadPage(server, { chunkMaxBytes = 1_000_000 } = {}) {
  const page = openPage(server.address);
  const api = new Api(`${server.address}/capture/1`, "csrf");
  const store = await PieceStore.open(() => {});
  const uploader = page.run(
    () =>
      new Uploader({
        api,
        store,
        chunkMaxBytes,
        needsNetwork: true,
        begin: (wish) => api.post("answers", wish),
        onChange: () => {},
      }),
  );
  return { page, store, uploader };
}

/**
 * An answer that the server has created already.
 * @param {UploadServer} server
 */
export function newAnswer(server, interviewId = randomUUID()) {
  const answer_id = randomUUID();
  return new Upload({ answer_id, interview_id: interviewId, ...server.create(answer_id), sent_bytes: 0 });
}

/**
 * @param {Uploader} uploader
 * @param {Upload} upload
 * @param {Blob[]} blobs
 */
export async function record(uploader, upload, blobs, from = 0) {
  for (const [index, blob] of blobs.entries()) await uploader.addBlob(upload, blob, PIECE_MS * (from + index + 1));
}

/**
 * Resolves once this is true.
 * @param {() => boolean} isTrue
 */
export async function until(isTrue, withinMs = 8_000) {
  const end = performance.now() + withinMs;
  while (!isTrue()) {
    if (performance.now() > end) throw new Error(`Not within ${withinMs} ms: ${isTrue}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
