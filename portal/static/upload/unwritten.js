// What a page had not written to IndexedDB yet when it was reloaded or closed. Such a write can take seconds, and ends
// with the page. So the page leaves the rest in sessionStorage, which is written at once, and the next page in the same
// tab takes it from there.

/** @typedef {{ records: UploadRecord[], pieces: Piece[] }} Unwritten */

const KEY = "interview-unwritten"; // a stored name: it must not change
const MOST_BYTES = 2_000_000; // 15 s; as text it needs less than the 5 MB that browsers give
const TEXT_BYTES = 8_192; // a function cannot take more arguments than some ten thousand

/**
 * Called while the page ends: nothing here may wait.
 * @param {Unwritten} options
 */
export function leaveUnwritten({ records, pieces }) {
  let size = 0;
  const first = pieces.filter(({ bytes }) => (size += bytes.byteLength) <= MOST_BYTES); // a file may have no hole
  const texts = first.map((piece) => ({ ...piece, bytes: textOf(piece.bytes) }));
  try {
    if (records.length) sessionStorage.setItem(KEY, JSON.stringify({ records, pieces: texts }));
    else sessionStorage.removeItem(KEY);
  } catch (error) {
    console.warn("The last pieces could not be left for the next load:", error.name);
  }
}

/**
 * What the page before this one left.
 * @returns {Unwritten}
 */
export function findUnwritten() {
  try {
    const { records = [], pieces = [] } = JSON.parse(sessionStorage.getItem(KEY) ?? "{}");
    return { records, pieces: pieces.map((/** @type {TextPiece} */ one) => ({ ...one, bytes: bytesOf(one.bytes) })) };
  } catch (error) {
    console.warn("What the last load left could not be read:", error.name);
    return { records: [], pieces: [] };
  }
}

/** @typedef {Omit<Piece, "bytes"> & { bytes: string }} TextPiece */

/**
 * One character for each byte.
 * @param {ArrayBuffer} bytes
 */
function textOf(bytes) {
  const starts = Array.from({ length: Math.ceil(bytes.byteLength / TEXT_BYTES) }, (_, index) => index * TEXT_BYTES);
  return starts.map((from) => String.fromCharCode(...new Uint8Array(bytes.slice(from, from + TEXT_BYTES)))).join("");
}

/** @param {string} text */
function bytesOf(text) {
  return Uint8Array.from(text, (character) => character.charCodeAt(0)).buffer;
}
