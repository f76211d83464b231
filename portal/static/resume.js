// Where an interview goes on after the page was loaded: a pure function of what the server and this browser remember.

/** The newest take's parts of a question, in order. */
export function newestTake(question) {
  const take = takesUsed(question);
  return question.answers.filter((answer) => answer.take === take);
}

export function takesUsed(question) {
  return Math.max(0, ...question.answers.map((answer) => answer.take));
}

export function takesLeft(question) {
  return question.takes - takesUsed(question);
}

/** How long the newest take runs, all parts together, as well as is known. */
export function takeMs(question) {
  return newestTake(question).reduce((sum, part) => sum + (part.recorded_ms ?? part.duration_ms ?? 0), 0);
}

/**
 * `accepted` is the last question the person was done with, `interrupted` the id of an answer that was cut off.
 * Gives { stage, question }: "ready" to be asked, "interrupted", "kept" (answered, not yet accepted), or "finish".
 */
export function whereToResume(questions, accepted, interrupted) {
  const last = questions.filter((question) => question.answers.length).at(-1);
  if (last && last.position > accepted) {
    const isCutOff = newestTake(last).some((part) => part.answer_id === interrupted);
    return { stage: isCutOff ? "interrupted" : "kept", question: last };
  }
  const next = questions.find((question) => question.position > (last ? accepted : 0));
  return next ? { stage: "ready", question: next } : { stage: "finish", question: questions.at(-1) };
}
