// Shows questions: fetches a prompt when the candidate wants to see it, and measures the time to think. The server says
// how much time is left, also after a reload; from then on the clock of this page counts.

export class QuestionPrompts {
  constructor(api, seat, untilReached) {
    Object.assign(this, { api, seat, untilReached });
  }

  /** Start the clocks of all questions, from what the server says. */
  startClocks(questions) {
    questions.forEach(startClock);
  }

  /** Resolves once the prompt is here. Without a connection this waits, and the clock does not start before. */
  async show(question) {
    const ask = () => this.api.post(`questions/${question.position}/release`, { tab: this.seat.tab });
    startClock(Object.assign(question, await this.untilReached(ask)));
  }

  leftMs(question) {
    return Math.max(0, question.think_ends_at - performance.now());
  }
}

function startClock(question) {
  question.think_ends_at = performance.now() + question.think_left_ms;
}
