// What this browser notes about an interview between two loads of the page: how long the running answer has run (written
// while it runs, because a crash announces nothing), and which questions are done with. Small, and never more than a help.

export class Notes {
  constructor(interviewId) {
    this.key = `interview-notes-${interviewId}`;
    this.values = { accepted: 0, interrupted: null, running: null };
    try {
      Object.assign(this.values, JSON.parse(localStorage.getItem(this.key)));
    } catch (error) {
      console.warn("This browser keeps no notes:", error.name); // the server's times are used instead
    }
  }

  /** Change some of: accepted (last question done with), interrupted (answer id), running ({ answer_id, recorded_ms }). */
  write(changes) {
    Object.assign(this.values, changes);
    try {
      localStorage.setItem(this.key, JSON.stringify(this.values));
    } catch (error) {
      if (error.name !== "QuotaExceededError" && error.name !== "SecurityError") throw error;
    }
  }

  /** How long an answer had run when its page went away; null where nobody noted it. */
  recordedMs(answerId) {
    return this.values.running?.answer_id === answerId ? this.values.running.recorded_ms : null;
  }
}
