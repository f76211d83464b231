// What became of the answers, in words: which are with the server, which are on their way, which will never be whole and
// why. Pure functions of the questions and the uploads of this page; "saved" is said of nothing else than what is confirmed.

import { missingText } from "../upload/upload.js";
import { newestTake, takesLeft } from "./takes.js";

const WORTH_SAYING_MS = 10_000; // a wait shorter than this is over before it is read
const NOTHING_WAITS = () => ""; // as `waitsIn` says it of each job, which "browser" or "page" keeps, while nothing can be sent
const STUCK = "this browser's storage does not give it back";

/** 01:44, never more than it is: much of it is said to be saved. The hiring team's pages count alike. */
export function clock(ms) {
  const seconds = Math.floor(ms / 1000);
  return `${pad(Math.floor(seconds / 60))}:${pad(seconds % 60)}`;
}

export function pad(number) {
  return String(number).padStart(2, "0");
}

/** "about 6 min left", or "" where it is short or nobody knows. */
export function timeLeft(ms) {
  if (ms === null || ms < WORTH_SAYING_MS) return "";
  const seconds = ms / 1000;
  if (seconds <= 60) return `about ${Math.ceil(seconds / 10) * 10} s left`;
  return seconds <= 90 * 60 ? `about ${Math.ceil(seconds / 60)} min left` : `about ${Math.ceil(seconds / 3600)} h left`;
}

/** An answer of which nothing arrived is none: the server forgot it, its take is free again. Whether there was one. */
export function dropVoid(questions, jobs) {
  let wasFound = false;
  for (const job of jobs.filter((one) => one.is_void)) {
    for (const question of questions) {
      const at = question.answers.findIndex((answer) => answer.answer_id === job.answer_id);
      if (at < 0) continue;
      question.answers.splice(at, 1);
      question.unsaved = job.failure;
      wasFound = true;
    }
  }
  return wasFound;
}

/**
 * Of a question's newest take: { mark, text, state, why }. "none", "open", "stuck" and "failed" are no answer yet; "whole" is
 * all of it, "cut" a part, "arrived" as much as arrived where nobody knows how much was recorded.
 */
export function outcomeOf(question, jobs, leftMs = null, waitsIn = NOTHING_WAITS) {
  const parts = newestTake(question);
  const own = jobs.filter((job) => parts.some((part) => part.answer_id === job.answer_id));
  const why = [...own.map((job) => job.trouble), ...parts.map((part) => missingOf(part, own)), question.gone].find(Boolean) ?? "";
  const saved = clock(parts.reduce((sum, part) => sum + savedMs(part, own), 0));
  if (!parts.length && question.unsaved) return { mark: "▲", text: `not saved: ${question.unsaved}`, state: "failed", why: question.unsaved };
  if (!parts.length) return { mark: "○", text: "to come", state: "none", why };
  if (own.some((job) => job.failure)) return { mark: "▲", text: `not saved: ${why}`, state: "failed", why };
  if (own.some((job) => !job.is_ended)) return { mark: "●", text: "recording", state: "open", why };
  if (own.some((job) => job.isStuck)) return { mark: "▲", text: `waits: ${STUCK}`, state: "stuck", why: STUCK };
  const open = own.filter((job) => job.isOpen);
  const place = open.map(waitsIn).find(Boolean) ?? "";
  if (open.length) return { mark: place ? "◷" : "↑", text: saving(own, leftMs, place), state: "open", why, place };
  if (why) return { mark: "▲", text: `only ${saved} saved: ${why}`, state: "cut", why };
  if (question.unsaved) return { mark: "▲", text: `the take before is saved, ${saved}; the last is not: ${question.unsaved}`, state: "whole", why };
  const text = saved === clock(0) ? "saved" : `saved ${saved}`;
  if (parts.some((part) => isVague(part, own))) return { mark: "✓", text: `${text} as far as it arrived`, state: "arrived", why };
  return { mark: "✓", text, state: "whole", why };
}

/** Of an answer that an earlier load of this page sent: what was said to be recorded, and what turned out to be there. */
function missingOf(part, jobs) {
  const isOurs = jobs.some((job) => job.answer_id === part.answer_id);
  if (isOurs || part.recorded_ms === null || !Number.isFinite(part.duration_ms)) return "";
  return missingText(part.recorded_ms - part.duration_ms);
}

function isVague(part, jobs) {
  const job = jobs.find((one) => one.answer_id === part.answer_id);
  return job ? job.isVague : part.recorded_ms === null;
}

/** What this page has seen confirmed; of other pages' answers the length of what arrived, or what was said of it. */
function savedMs(part, jobs) {
  const job = jobs.find((one) => one.answer_id === part.answer_id);
  return job?.saved_ms ?? part.duration_ms ?? part.recorded_ms ?? 0;
}

function saving(jobs, leftMs, place) {
  const total = jobs.reduce((sum, job) => sum + job.stored_bytes, 0);
  const sent = jobs.reduce((sum, job) => sum + (job.sent_bytes ?? 0), 0);
  const percent = `${total ? Math.floor((100 * sent) / total) : 0} %`;
  if (place) return `kept in this ${place}, ${percent} saved`;
  const left = timeLeft(leftMs);
  return `saving ${percent}${left && `, ${left}`}`;
}

/** How it stands with an answer that was interrupted, and with one that is found again, in a sentence each. */
export function whatYouSaid({ state, why, place }) {
  if (state === "whole") return { said: "What you said is saved.", kept: "Your answer is saved." };
  if (state === "arrived") return { said: "What you said is saved as far as it arrived.", kept: "Your answer is saved as far as it arrived." };
  const said = stillToCome(state, why, place);
  return { said, kept: said };
}

function stillToCome(state, why, place) {
  if (state === "none") return "";
  if (state !== "open") return `Not all of it is saved: ${why}.`;
  const [what, how] = [why ? "What there is of it" : "What you said", place ? `kept in this ${place}, and saved later` : "kept, and being saved"];
  return `${what} is ${how}${why && `: ${why}`}.`;
}

/** At the end: { hint, isFinishable, redo (the position of a question to record again, or null) }. */
export function finishOf(questions, jobs, leftMs = null, waitsIn = NOTHING_WAITS) {
  const all = questions.map((question) => ({ question, ...outcomeOf(question, jobs, null, waitsIn) }));
  if (all.some(({ state }) => state === "open") || jobs.some((job) => job.holdsFinish)) {
    return { hint: lastPieces(all.find(({ place }) => place), timeLeft(leftMs)), isFinishable: false, redo: null };
  }
  const stuck = all.find(({ state }) => state === "stuck");
  if (stuck) return { hint: stuckHint(stuck), isFinishable: false, redo: null };
  const failed = all.find(({ state }) => state === "failed" || state === "none");
  if (failed) return { hint: unsavedHint(failed), isFinishable: false, redo: redoOf(failed) };
  const cut = all.find(({ state }) => state === "cut");
  const isWhole = all.every(({ state }) => state === "whole");
  if (!cut) return { hint: isWhole ? "Everything is saved." : "Everything that arrived is saved.", isFinishable: true, redo: null };
  const offer = redoOf(cut) ? "Record it again, or finish with what there is." : "You may finish with what there is.";
  return { hint: `Question ${cut.question.position}: ${cut.text}. ${offer}`, isFinishable: true, redo: redoOf(cut) };
}

function lastPieces(waiting, left) {
  if (waiting) return `The last pieces are kept in this ${waiting.place}, and saved later. Leave this page open.`;
  return `The last pieces are still being saved${left && `: ${left}`}.`;
}

function stuckHint({ question, text }) {
  return `Question ${question.position} ${text}. Reload this page: it often does then, and what it still does not give back is lost.`;
}

function unsavedHint({ question, text, state }) {
  const what = state === "none" ? "has no answer yet" : `is ${text}`;
  const offer = takesLeft(question) > 0 ? "Record it again; then you can finish." : "No take of it is left: please tell the hiring team. What is saved stays saved.";
  return `Question ${question.position} ${what}. ${offer}`;
}

function redoOf({ question }) {
  return takesLeft(question) > 0 ? question.position : null;
}
