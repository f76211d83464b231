// Says in words why nothing can be sent or loaded at the moment: what is the cause, as far as it is known, and that
// nothing is lost.

import { Problem, Unintelligible, Unreachable } from "../server/api.js";
import { StorageTrouble } from "../upload/piece_store.js";

const NO_CONNECTION = new Set([502, 503, 504]); // the proxy has no server behind it: for a person, the same as no reply

const STORAGE_STUCK =
  "This browser's own storage does not give back what it keeps. " +
  "When all else is saved, reload this page: it often does then.";

/**
 * @param {Trouble} error
 * @param {boolean} isRecording
 */
export function obstacleText(error, isRecording) {
  if (error.status === 401) return `You are signed out. ${signInText(isRecording)}`;
  if (error.isLasting && !isRecording) return STORAGE_STUCK;
  const waiting = "What you recorded is kept, and this page goes on by itself.";
  return `${causeOf(error)} ${isRecording ? "Keep talking: we keep it here and save it later." : waiting}`;
}

/** @param {Trouble} error */
function causeOf(error) {
  const status = error.status ?? error.foreignStatus ?? 0;
  if (error.status === 507) return "The server is out of space.";
  if (status === 429) return "The server asks us to wait a little.";
  if (error instanceof StorageTrouble) {
    return "This browser's own storage does not answer; please leave this page open.";
  }
  if (NO_CONNECTION.has(status)) return "No connection.";
  if (error instanceof Problem || status >= 500) return "The server has trouble right now.";
  if (error instanceof Unintelligible) {
    return "Your network answers in the server's place, perhaps with a page of its own.";
  }
  if (error.isTimeout) return "Your connection is slow: a request took too long.";
  return error instanceof Unreachable ? "No connection." : "Something failed in this page; it tries again.";
}

/** @param {boolean} isRecording */
function signInText(isRecording) {
  const kept = isRecording ? "Keep talking: what you say is kept." : "What you recorded is kept.";
  return `${kept} Sign in again in another tab, then this page goes on.`;
}
