// The part of tus 1.0.0 that a sender needs: where does the upload stand, and append these bytes there.
// Knows nothing of answers, retries or storage; an answer that is not of this protocol tells nothing (Unintelligible).

import { Unintelligible, request } from "../server/api.js";

const VERSION = "1.0.0";
const APPEND_WITHIN_MS = 60_000; // one request on a slow phone connection; chunk_size.js makes them smaller where that is too short

function headersFor(upload, more = {}) {
  return { "Tus-Resumable": VERSION, Authorization: `Bearer ${upload.upload_token}`, ...more };
}

/** The offset that a well-formed answer names. Throws Unintelligible. */
function offsetOf({ status, headers }, wanted) {
  const said = headers.get("Upload-Offset") ?? "";
  const offset = /^\d+$/.test(said) ? Number(said) : NaN;
  const isOurs = status === wanted && headers.get("Tus-Resumable") === VERSION && Number.isSafeInteger(offset);
  if (!isOurs) throw new Unintelligible(status, "This answer is not the upload's");
  return offset;
}

/** How many bytes the server holds. */
export async function offset(upload) {
  return offsetOf(await request(upload.upload_url, { method: "HEAD", headers: headersFor(upload) }), 200);
}

/** Append `bytes` at `start`; resolves to the new offset once the server has them on disk. */
export async function append(upload, start, bytes) {
  const headers = headersFor(upload, {
    "Content-Type": "application/offset+octet-stream",
    "Upload-Offset": String(start),
    "Upload-Checksum": `sha256 ${await sha256(bytes)}`,
  });
  const answer = await request(upload.upload_url, { method: "PATCH", headers, body: bytes }, APPEND_WITHIN_MS);
  const offset = offsetOf(answer, 204);
  if (offset < start || offset > start + bytes.byteLength) throw new Unintelligible(204, "No such offset can be");
  return offset;
}

async function sha256(bytes) {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return btoa(String.fromCharCode(...digest));
}
