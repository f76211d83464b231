// Says in words how each answer stands: saved at the server, being sent, or incomplete and why. Pure functions of the
// questions and of this page's uploads. The word "saved" is used only for what the server has confirmed.

import { gettext as _ } from "../site/gettext.js";
import { missingText } from "../upload/upload.js";
import { newestTake, takesLeft } from "./takes.js";

/** @import { Upload } from "../upload/upload.js" */
/**
 * Where an upload waits ("browser" or "page") while nothing can be sent; "" while it is sent.
 * @typedef {(upload: Upload) => string} WaitsIn
 */
/** @typedef {{ glyph: string, text: string, state: string, why: string, storage?: string }} AnswerStatus */
/** @typedef {AnswerStatus & { question: Question }} QuestionStatus */

const WORTH_SAYING_MS = 10_000; // a shorter wait is over before it is read
const NOTHING_WAITS = () => "";

/**
 * 01:44, rounded down: the page must not say that more is saved than is. The review pages round in the same way.
 * @param {number} ms
 */
export function clock(ms) {
  const seconds = Math.floor(ms / 1000);
  return `${pad(Math.floor(seconds / 60))}:${pad(seconds % 60)}`;
}

/** @param {number} number */
export function pad(number) {
  return String(number).padStart(2, "0");
}

/**
 * "about 6 min left", or "" where the time is short or unknown.
 * @param {number | null} ms
 */
export function timeLeft(ms) {
  if (ms === null || ms < WORTH_SAYING_MS) return "";
  const seconds = ms / 1000;
  if (seconds <= 60) return _("about %(seconds)s s left", { seconds: Math.ceil(seconds / 10) * 10 });
  if (seconds <= 90 * 60) return _("about %(minutes)s min left", { minutes: Math.ceil(seconds / 60) });
  return _("about %(hours)s h left", { hours: Math.ceil(seconds / 3600) });
}

/**
 * Removes answers of which nothing arrived from their questions: the server deleted them, and their takes are unused.
 * Returns whether there was one.
 * @param {Question[]} questions
 * @param {Upload[]} uploads
 */
export function removeVoid(questions, uploads) {
  let wasFound = false;
  for (const upload of uploads.filter((one) => one.isVoid)) {
    for (const question of questions) {
      const at = question.answers.findIndex((answer) => answer.answer_id === upload.answer_id);
      if (at < 0) continue;
      question.answers.splice(at, 1);
      question.failureText = upload.failure;
      wasFound = true;
    }
  }
  return wasFound;
}

/**
 * The status of a question's newest take: { glyph, text, state, why }. In the states "none", "open", "stuck" and
 * "failed" there is no answer yet; "whole" is all of it, "cut" a part, "arrived" an unknown share of what was recorded.
 * @param {Question} question
 * @param {Upload[]} uploads
 * @param {number | null} [leftMs]
 * @param {WaitsIn} [waitsIn]
 * @returns {AnswerStatus}
 */
export function answerStatus(question, uploads, leftMs = null, waitsIn = NOTHING_WAITS) {
  const parts = newestTake(question);
  const own = uploads.filter((upload) => parts.some((part) => part.answer_id === upload.answer_id));
  const why = whyIncomplete(question, parts, own);
  if (!parts.length) return emptyStatus(question, why);
  return unsettledStatus(own, why, leftMs, waitsIn) ?? settledStatus(question, parts, own, why);
}

/**
 * @param {Question} options
 * @param {string} why
 * @returns {AnswerStatus}
 */
function emptyStatus({ failureText }, why) {
  if (!failureText) return { glyph: "○", text: _("to come"), state: "none", why };
  return notSaved(failureText);
}

/**
 * @param {string} why
 * @returns {AnswerStatus}
 */
function notSaved(why) {
  return { glyph: "▲", text: _("not saved: %(why)s", { why }), state: "failed", why };
}

/**
 * The status of an answer that is not yet all at the server; null where nothing more can arrive.
 * @param {Upload[]} own
 * @param {string} why
 * @param {number | null} leftMs
 * @param {WaitsIn} waitsIn
 * @returns {AnswerStatus | null}
 */
function unsettledStatus(own, why, leftMs, waitsIn) {
  if (own.some((upload) => upload.failure)) return notSaved(why);
  if (own.some((upload) => !upload.is_ended)) return { glyph: "●", text: _("recording"), state: "open", why };
  if (own.some((upload) => upload.isStuck)) {
    const text = _("waits: this browser's storage does not give it back");
    return { glyph: "▲", text, state: "stuck", why: _("this browser's storage does not give it back") };
  }
  const open = own.filter((upload) => upload.isOpen);
  if (!open.length) return null;
  const storage = open.map(waitsIn).find(Boolean) ?? "";
  return { glyph: storage ? "◷" : "↑", text: sendingText(own, leftMs, storage), state: "open", why, storage };
}

/**
 * @param {Question} options
 * @param {Answer[]} parts
 * @param {Upload[]} own
 * @param {string} why
 * @returns {AnswerStatus}
 */
function settledStatus({ failureText }, parts, own, why) {
  const saved = clock(parts.reduce((sum, part) => sum + savedMs(part, own), 0));
  if (why) return { glyph: "▲", text: _("only %(saved)s saved: %(why)s", { saved, why }), state: "cut", why };
  if (failureText) {
    const values = { saved, why: failureText };
    const text = _("the take before is saved, %(saved)s; the last is not: %(why)s", values);
    return { glyph: "▲", text, state: "whole", why };
  }
  const isUnknown = parts.some((part) => isLossUnknown(part, own));
  return { glyph: "✓", text: savedText(saved, isUnknown), state: isUnknown ? "arrived" : "whole", why };
}

/**
 * @param {string} saved
 * @param {boolean} isLossUnknown
 */
function savedText(saved, isLossUnknown) {
  if (saved === clock(0)) return isLossUnknown ? _("saved as far as it arrived") : _("saved");
  return isLossUnknown ? _("saved %(saved)s as far as it arrived", { saved }) : _("saved %(saved)s", { saved });
}

/**
 * Why some of what was recorded is missing; "" where nothing is.
 * @param {Question} question
 * @param {Answer[]} parts
 * @param {Upload[]} own
 * @returns {string}
 */
function whyIncomplete(question, parts, own) {
  const missing = parts.map((part) => missingOf(part, own));
  return [...own.map((upload) => upload.trouble), ...missing, question.lostText].find(Boolean) ?? "";
}

/**
 * For an answer that an earlier load of this page sent: how much less arrived than the browser said it had recorded.
 * @param {Answer} part
 * @param {Upload[]} uploads
 */
function missingOf(part, uploads) {
  const isOurs = uploads.some((upload) => upload.answer_id === part.answer_id);
  const { recorded_ms, duration_ms } = part;
  const isUnknown = typeof recorded_ms !== "number" || typeof duration_ms !== "number";
  return isOurs || isUnknown ? "" : missingText(recorded_ms - duration_ms);
}

/**
 * @param {Answer} part
 * @param {Upload[]} uploads
 */
function isLossUnknown(part, uploads) {
  const upload = uploads.find((one) => one.answer_id === part.answer_id);
  return upload ? upload.isLossUnknown : part.recorded_ms === null;
}

/**
 * What the server confirmed to this page; for an earlier load's answer the length that arrived, or that was announced.
 * @param {Answer} part
 * @param {Upload[]} uploads
 */
function savedMs(part, uploads) {
  const upload = uploads.find((one) => one.answer_id === part.answer_id);
  return upload?.saved_ms ?? part.duration_ms ?? part.recorded_ms ?? 0;
}

/**
 * @param {Upload[]} uploads
 * @param {number | null} leftMs
 * @param {string} storage
 */
function sendingText(uploads, leftMs, storage) {
  const total = uploads.reduce((sum, upload) => sum + upload.stored_bytes, 0);
  const sent = uploads.reduce((sum, upload) => sum + (upload.sent_bytes ?? 0), 0);
  const percent = total ? Math.floor((100 * sent) / total) : 0;
  if (storage === "page") return _("kept in this page, %(percent)s %% saved", { percent });
  if (storage) return _("kept in this browser, %(percent)s %% saved", { percent });
  const left = timeLeft(leftMs);
  return left ? _("saving %(percent)s %%, %(left)s", { percent, left }) : _("saving %(percent)s %%", { percent });
}

/**
 * One sentence about an interrupted answer (`said`), and one about an answer found after a reload (`kept`).
 * @param {AnswerStatus} options
 */
export function savedSentences({ state, why, storage = "" }) {
  if (state === "whole") return { said: _("What you said is saved."), kept: _("Your answer is saved.") };
  if (state === "arrived") {
    const said = _("What you said is saved as far as it arrived.");
    return { said, kept: _("Your answer is saved as far as it arrived.") };
  }
  const said = unsavedSentence(state, why, storage);
  return { said, kept: said };
}

/**
 * @param {string} state
 * @param {string} why
 * @param {string} storage
 */
function unsavedSentence(state, why, storage) {
  if (state === "none") return "";
  if (state !== "open") return _("Not all of it is saved: %(why)s.", { why });
  return why ? partSentence(why, storage) : waitingSentence(storage);
}

/**
 * @param {string} why
 * @param {string} storage
 */
function partSentence(why, storage) {
  if (storage === "page") return _("What there is of it is kept in this page, and saved later: %(why)s.", { why });
  if (storage) return _("What there is of it is kept in this browser, and saved later: %(why)s.", { why });
  return _("What there is of it is kept, and being saved: %(why)s.", { why });
}

/** @param {string} storage */
function waitingSentence(storage) {
  if (storage === "page") return _("What you said is kept in this page, and saved later.");
  if (storage) return _("What you said is kept in this browser, and saved later.");
  return _("What you said is kept, and being saved.");
}

/**
 * At the end: { hint, isFinishable, redo }; `redo` is the position of a question to record again, or null.
 * @param {Question[]} questions
 * @param {Upload[]} uploads
 * @param {number | null} [leftMs]
 * @param {WaitsIn} [waitsIn]
 */
export function finishStatus(questions, uploads, leftMs = null, waitsIn = NOTHING_WAITS) {
  const all = questions.map((question) => ({ question, ...answerStatus(question, uploads, null, waitsIn) }));
  /** @param {string[]} states */
  const first = (...states) => all.find(({ state }) => states.includes(state));
  if (first("open") || uploads.some((upload) => upload.delaysFinish)) {
    const hint = lastPiecesHint(all.find(({ storage }) => storage), timeLeft(leftMs));
    return { hint, isFinishable: false, redo: null };
  }
  const stuck = first("stuck");
  if (stuck) return { hint: stuckHint(stuck), isFinishable: false, redo: null };
  const failed = first("failed", "none");
  if (failed) return { hint: unsavedHint(failed), isFinishable: false, redo: redoOf(failed) };
  const cut = first("cut");
  if (cut) return { hint: cutHint(cut), isFinishable: true, redo: redoOf(cut) };
  const isWhole = all.every(({ state }) => state === "whole");
  const hint = isWhole ? _("Everything is saved.") : _("Everything that arrived is saved.");
  return { hint, isFinishable: true, redo: null };
}

/**
 * @param {QuestionStatus | undefined} waiting
 * @param {string} left
 */
function lastPiecesHint(waiting, left) {
  if (waiting?.storage === "page") {
    return _("The last pieces are kept in this page, and saved later. Leave this page open.");
  }
  if (waiting) return _("The last pieces are kept in this browser, and saved later. Leave this page open.");
  if (left) return _("The last pieces are still being saved: %(left)s.", { left });
  return _("The last pieces are still being saved.");
}

/** @param {QuestionStatus} options */
function stuckHint({ question: { position } }) {
  const what = _("Question %(position)s waits: this browser's storage does not give it back.", { position });
  return `${what} ${_("Reload this page: it often does then, and what it still does not give back is lost.")}`;
}

/** @param {QuestionStatus} options */
function unsavedHint({ question, why, state }) {
  const { position } = question;
  const noAnswer = _("Question %(position)s has no answer yet.", { position });
  const what = state === "none" ? noAnswer : _("Question %(position)s is not saved: %(why)s.", { position, why });
  const noTake = _("No take of it is left: please tell the hiring team. What is saved stays saved.");
  return `${what} ${takesLeft(question) > 0 ? _("Record it again; then you can finish.") : noTake}`;
}

/** @param {QuestionStatus} cut */
function cutHint(cut) {
  const canRedo = redoOf(cut) !== null;
  const offer = canRedo ? _("Record it again, or finish with what there is.") : _("You may finish with what there is.");
  return `${_("Question %(position)s: %(status)s.", { position: cut.question.position, status: cut.text })} ${offer}`;
}

/** @param {QuestionStatus} options */
function redoOf({ question }) {
  return takesLeft(question) > 0 ? question.position : null;
}
