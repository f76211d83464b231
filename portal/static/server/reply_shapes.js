// The members that a reply of each of our addresses must have. The sign-in page of a network, an error page sent with
// 200, or an incomplete reply does not have them and is not believed. Only the members that the pages use are checked.

/** @typedef {(value: any) => boolean} Check */

/** @type {Check} */
const isText = (value) => typeof value === "string";
/** @type {Check} */
const isCount = (value) => Number.isSafeInteger(value) && value >= 0;
/** @type {Check} */
const isTextOrNull = (value) => value === null || isText(value);
/** @type {Check} */
const isAddress = (value) => isText(value) && value.startsWith("/");
/** @type {Check} */
const isQuestion = (value) => isCount(value?.position) && Array.isArray(value.answers);
/** @type {Check} */
const isQuestions = (value) => Array.isArray(value) && value.every(isQuestion);

const UPLOAD = { upload_url: isAddress, upload_token: isText };

/**
 * For each end of an address, below that of the interview.
 * @type {[RegExp, Record<string, Check>][]}
 */
const SHAPES = [
  [/^room\.json$/, { state: isText, csrf: isText, questions: isQuestions, chunk_max_bytes: isCount }],
  [/^seat$/, { held: (value) => value === true }],
  [/(^|\/)answers$/, { ...UPLOAD, answer_id: isText, take: isCount, part: isCount, limit_ms: isCount }],
  [/^answers\/[^/]+\/token$/, UPLOAD],
  [/^answers\/[^/]+\/complete$/, { state: isTextOrNull }],
  [/^events$/, { kept: isCount }],
  [/^questions\/\d+\/release$/, { position: isCount, prompt: isText, think_left_ms: isCount }],
  [/^kiosk\/status$/, { is_held: (value) => typeof value === "boolean" }],
  [/^kiosk\/hold$/, { camera: (value) => typeof value === "object" && value !== null }],
  [/^kiosk\/stop$/, { recording: (value) => typeof value === "object" }],
];

/** @type {[null, Record<string, Check>]} */
const NOT_LISTED = [null, {}];

/**
 * Whether a reply has the shape that is agreed for its address. Any JSON object is right for an address not listed.
 * @param {string} path
 * @param {unknown} reply
 * @returns {boolean}
 */
export function hasAgreedShape(path, reply) {
  if (typeof reply !== "object" || reply === null || Array.isArray(reply)) return false;
  const [, members] = SHAPES.find(([address]) => address.test(path.split("?")[0])) ?? NOT_LISTED;
  const values = /** @type {Record<string, unknown>} */ (reply);
  return Object.entries(members).every(([name, isRight]) => isRight(values[name]));
}
