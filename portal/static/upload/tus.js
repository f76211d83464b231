// The part of the protocol tus 1.0.0 that a sender needs: ask for the offset of an upload, and append bytes there.
// It knows no answers, retries or storage. A reply that does not follow the protocol is Unintelligible.

import { Unintelligible, request } from "../server/api.js";
import { gettext as _ } from "../site/gettext.js";

/** @typedef {Partial<UploadAddress>} Address */

const VERSION = "1.0.0";
// For one request; where a slow connection needs longer, chunk_size.js makes requests smaller.
const APPEND_WITHIN_MS = 60_000;

/**
 * @param {Address} upload
 * @param {Record<string, string>} [more]
 */
function headersFor(upload, more = {}) {
  const language = document.documentElement.lang; // of a refusal: no cookie or account is read for an upload
  const token = `Bearer ${upload.upload_token}`;
  return { "Tus-Resumable": VERSION, Authorization: token, "Accept-Language": language, ...more };
}

/** @param {Address} upload */
function addressOf({ upload_url = "" }) {
  return upload_url;
}

/**
 * The offset in a well-formed reply. Throws Unintelligible.
 * @param {{ status: number, headers: Headers }} options
 * @param {number} wanted
 */
function offsetOf({ status, headers }, wanted) {
  const text = headers.get("Upload-Offset") ?? "";
  const offset = /^\d+$/.test(text) ? Number(text) : NaN;
  const isOurs = status === wanted && headers.get("Tus-Resumable") === VERSION && Number.isSafeInteger(offset);
  if (!isOurs) throw new Unintelligible(status, _("This reply does not follow the upload protocol"));
  return offset;
}

/**
 * How many bytes the server has.
 * @param {Address} upload
 */
export async function offset(upload) {
  return offsetOf(await request(addressOf(upload), { method: "HEAD", headers: headersFor(upload) }), 200);
}

/**
 * Append `bytes` at `start`; resolves to the new offset once the server has them on disk.
 * @param {Address} upload
 * @param {number} start
 * @param {Uint8Array<ArrayBuffer>} bytes
 */
export async function append(upload, start, bytes) {
  const headers = headersFor(upload, {
    "Content-Type": "application/offset+octet-stream",
    "Upload-Offset": String(start),
    "Upload-Checksum": `sha256 ${await sha256(bytes)}`,
  });
  const reply = await request(addressOf(upload), { method: "PATCH", headers, body: bytes }, APPEND_WITHIN_MS);
  const offset = offsetOf(reply, 204);
  if (offset < start || offset > start + bytes.byteLength) throw new Unintelligible(204, _("The offset is impossible"));
  return offset;
}

/** @param {BufferSource} bytes */
async function sha256(bytes) {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return btoa(String.fromCharCode(...digest));
}
