// The part of tus 1.0.0 that a sender needs: where does the upload stand, and append these bytes there.
// Knows nothing of answers, retries or storage.

import { request } from "./api.js";

const APPEND_WITHIN_MS = 60_000; // one chunk on a slow phone connection

function headersFor(upload, more = {}) {
  return { "Tus-Resumable": "1.0.0", Authorization: `Bearer ${upload.upload_token}`, ...more };
}

function offsetOf(response) {
  return Number(response.headers.get("Upload-Offset"));
}

/** How many bytes the server holds. */
export async function offset(upload) {
  return offsetOf(await request(upload.upload_url, { method: "HEAD", headers: headersFor(upload) }));
}

/** Append `bytes` at `start`; resolves to the new offset once the server has them on disk. */
export async function append(upload, start, bytes) {
  const headers = headersFor(upload, {
    "Content-Type": "application/offset+octet-stream",
    "Upload-Offset": String(start),
    "Upload-Checksum": `sha256 ${await sha256(bytes)}`,
  });
  return offsetOf(await request(upload.upload_url, { method: "PATCH", headers, body: bytes }, APPEND_WITHIN_MS));
}

async function sha256(bytes) {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return btoa(String.fromCharCode(...digest));
}
