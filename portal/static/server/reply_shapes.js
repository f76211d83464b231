// What a good answer of each of our addresses must hold. A network's sign-in page, an error page sent with 200, half an
// answer or an empty one has none of it, so nobody acts upon those. Checks no more than what the pages rely on.

const isText = (value) => typeof value === "string";
const isCount = (value) => Number.isSafeInteger(value) && value >= 0;
const isTextOrNull = (value) => value === null || isText(value);
const isAddress = (value) => isText(value) && value.startsWith("/");
const isQuestions = (value) => Array.isArray(value) && value.every((one) => isCount(one?.position) && Array.isArray(one.answers));

const UPLOAD = { upload_url: isAddress, upload_token: isText };

// By what the address ends with, below that of the interview.
const AGREED = [
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

/** Whether this is what the address answers; one that is not named here answers some JSON object. */
export function isAsAgreed(path, answer) {
  if (typeof answer !== "object" || answer === null || Array.isArray(answer)) return false;
  const [, members] = AGREED.find(([address]) => address.test(path.split("?")[0])) ?? [null, {}];
  return Object.entries(members).every(([name, isRight]) => isRight(answer[name]));
}
