// Shows questions: fetches a prompt when somebody wants to see it, and keeps the clock of its time to think. The server says
// how much is left, also after a reload; from then on this page's clock counts.

export class Asking {
  constructor(api, seat, untilReached) {
    Object.assign(this, { api, seat, untilReached });
  }

  /** Of all questions, as the server tells them. */
  startClocks(questions) {
    questions.forEach(startClock);
  }

  /** Resolves once its prompt is here; without a connection that waits, and so does the clock. */
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
