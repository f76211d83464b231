// Shows questions: fetches a prompt when the candidate wants to see it, and measures the time to think. The server says
// how much time is left, also after a reload; from then on the clock of this page counts.

/** @import { Api } from "../server/api.js" */
/** @import { Seat } from "../server/seat.js" */

export class QuestionPrompts {
  /**
   * @param {Api} api
   * @param {Seat} seat
   * @param {Reached} untilReached
   */
  constructor(api, seat, untilReached) {
    this.api = api;
    this.seat = seat;
    this.untilReached = untilReached;
  }

  /**
   * Start the clocks of all questions, from what the server says.
   * @param {Question[]} questions
   */
  startClocks(questions) {
    questions.forEach(startClock);
  }

  /**
   * Resolves once the prompt is here. Without a connection this waits, and the clock does not start before.
   * @param {Question} question
   */
  async show(question) {
    /** @type {() => Promise<ReleaseReply>} */
    const ask = () => this.api.post(`questions/${question.position}/release`, { tab: this.seat.tab });
    startClock(Object.assign(question, await this.untilReached(ask)));
  }

  /** @param {Question} question */
  leftMs(question) {
    return Math.max(0, (question.think_ends_at ?? 0) - performance.now());
  }
}

/** @param {Question} question */
function startClock(question) {
  question.think_ends_at = performance.now() + question.think_left_ms;
}
