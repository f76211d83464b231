// What this browser notes about an interview between two loads of the page: of each answer that is not all at the server
// how long it has run and how far it has come (written while it runs, because a crash announces nothing), and which questions
// are done with. Small, and never more than a help.

export class Notes {
  constructor(interviewId) {
    this.key = `interview-notes-${interviewId}`;
    this.values = { accepted: 0, interrupted: null, answers: {} };
    this.#read();
  }

  /** Change some of: accepted (last question done with), interrupted (answer id), unread (answer id), answers. */
  write(changes) {
    this.#read(); // another tab may have taken over: what it noted stays
    Object.assign(this.values, changes);
    try {
      localStorage.setItem(this.key, JSON.stringify(this.values));
    } catch (error) {
      if (error.name !== "QuotaExceededError" && error.name !== "SecurityError") throw error;
    }
  }

  /** Note how these answers stand; nothing of those that are through. */
  keep(jobs) {
    this.#read();
    const answers = { ...this.values.answers };
    for (const job of jobs) {
      if (job.isOpen) answers[job.answer_id] = job.note();
      else delete answers[job.answer_id];
    }
    this.write({ answers });
  }

  #read() {
    try {
      Object.assign(this.values, JSON.parse(localStorage.getItem(this.key)));
    } catch (error) {
      if (!this.isMissed) console.warn("This browser keeps no notes:", error.name); // the server's times are used instead
      this.isMissed = true;
    }
  }

  /** What was noted of an answer, { recorded_ms, marks }; null where nothing was. */
  of(answerId) {
    return this.values.answers[answerId] ?? null;
  }
}
