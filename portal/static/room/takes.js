// Counts and measures the takes of a question, from what the server says of its answers. Pure functions.

/**
 * The newest take's parts of a question, in order.
 * @param {Question} question
 */
export function newestTake(question) {
  const take = takesUsed(question);
  return question.answers.filter((answer) => answer.take === take);
}

/** @param {Question} question */
export function takesUsed(question) {
  return Math.max(0, ...question.answers.map((answer) => answer.take));
}

/** @param {Question} question */
export function takesLeft(question) {
  return question.takes - takesUsed(question);
}

/**
 * How long the newest take runs, all parts together, as well as is known.
 * @param {Question} question
 */
export function takeMs(question) {
  return newestTake(question).reduce((sum, part) => sum + (part.recorded_ms ?? part.duration_ms ?? 0), 0);
}
