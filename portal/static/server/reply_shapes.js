// The members that a reply of each of our addresses must have. The sign-in page of a network, an error page sent with
// 200, or an incomplete reply does not have them and is not believed. Only the members that the pages use are checked.

const isText = (value) => typeof value === "string";
const isCount = (value) => Number.isSafeInteger(value) && value >= 0;
const isTextOrNull = (value) => value === null || isText(value);
const isAddress = (value) => isText(value) && value.startsWith("/");
const isQuestion = (value) => isCount(value?.position) && Array.isArray(value.answers);
const isQuestions = (value) => Array.isArray(value) && value.every(isQuestion);

const UPLOAD = { upload_url: isAddress, upload_token: isText };

// For each end of an address, below that of the interview.
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

/** Whether a reply has the shape that is agreed for its address. Any JSON object is right for an address not listed. */
export function hasAgreedShape(path, reply) {
  if (typeof reply !== "object" || reply === null || Array.isArray(reply)) return false;
  const [, members] = SHAPES.find(([address]) => address.test(path.split("?")[0])) ?? [null, {}];
  return Object.entries(members).every(([name, isRight]) => isRight(reply[name]));
}
