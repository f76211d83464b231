// Where an interview goes on after the page was loaded: a pure function of what the server and this browser remember.

import { newestTake } from "./takes.js";

/**
 * `accepted` is the last question the person was done with, `interrupted` the id of an answer that was cut off.
 * Gives { stage, question }: "ready" to be asked, "interrupted", "kept" (answered, not yet accepted), or "finish".
 * @param {Question[]} questions
 * @param {number} accepted
 * @param {string | null} interrupted
 */
export function whereToResume(questions, accepted, interrupted) {
  const last = questions.filter((question) => question.answers.length).at(-1);
  if (last && last.position > accepted) {
    const isCutOff = newestTake(last).some((part) => part.answer_id === interrupted);
    return { stage: isCutOff ? "interrupted" : "kept", question: last };
  }
  const following = questions.find((question) => question.position > (last ? accepted : 0));
  if (following) return { stage: "ready", question: following };
  return { stage: "finish", question: /** @type {Question} */ (questions.at(-1)) };
}
