// Leads the candidate through the questions: announces one, shows its prompt, measures the time to think, records the
// takes, and goes on when the candidate keeps the answer.

import { gettext as _, ngettext } from "../site/gettext.js";
import { clock } from "./answer_status.js";
import { Countdown } from "./countdown.js";
import { newestTake, takeMs } from "./takes.js";

/** @import { Room } from "./room.js" */

export class QuestionSteps {
  /** @param {Room} room */
  constructor(room) {
    this.room = room;
    this.isRedoing = false; // a question is recorded again at the end
    /**
     * What the controls of the page do.
     * @type {Record<string, () => unknown>}
     */
    this.actions = {
      show_question: () => this.showQuestion(),
      start: () => this.record(null),
      stop: () => room.recordingEnd.review(_("Stopped. Your answer is being saved.")),
      again: () => this.again(),
      go_on: () => this.record(newestTake(this.question).at(-1)?.answer_id ?? null),
      accept: () => this.accept(),
      redo: () => this.redo(),
      take_over: () => room.tabs.takeOver(),
      reload: () => location.reload(),
      hide: () => room.view.toggleSelf(),
    };
  }

  get question() {
    return this.room.question;
  }

  get questions() {
    return this.room.data.questions;
  }

  /** @param {Question} question */
  goTo(question) {
    const { room } = this;
    room.question = question;
    room.recording.leave();
    this.#fillQuestion();
    const taken = clock(takeMs(question));
    room.view.fill({ taken, saved: "–", saved_label: _("Saving"), saved_glyph: "↑", kept_here: "" });
  }

  /**
   * A question that was shown before stays shown. Recording starts by itself only if the candidate sees the clock end.
   * @param {Question} question
   */
  showStage(question) {
    const { position, prompt } = question;
    if (prompt === null) this.room.happens("question_announced", _("Question %(position)s is next.", { position }));
    else if (this.room.prompts.leftMs(question)) this.think();
    else {
      const values = { position, prompt };
      const announcement = _("Question %(position)s. %(prompt)s Your time to think is over.", values);
      this.room.happens("think_time_over", announcement);
    }
  }

  /** Fetch the prompt. Its time to think starts when the prompt is here, on this page and at the server. */
  async showQuestion() {
    const { room, question } = this;
    if (!room.happens("prompt_asked")) return; // pressed twice
    await room.uploader.whenBegun(); // the server must first have some bytes of each earlier answer
    const missed = this.questions.find(({ position, answers }) => position < question.position && !answers.length);
    if (missed) return this.askAgain(missed);
    await room.prompts.show(question);
    if (room.state !== "asking") return; // taken over meanwhile
    this.#fillQuestion();
    if (question.think_ms) this.showStage(question); // after a late reply, the time to think may be over already
    else await this.record(null);
  }

  /**
   * Nothing of an earlier answer could be saved: ask that question again before the next one.
   * @param {Question} question
   */
  askAgain(question) {
    this.goTo(question);
    this.showStage(question);
  }

  think() {
    const { room, question } = this;
    const leftMs = room.prompts.leftMs(question);
    const seconds = Math.round(leftMs / 1000);
    room.review.clear();
    const announcement = ngettext(
      "Question %(position)s. %(prompt)s You have %(num)s second to think.",
      "Question %(position)s. %(prompt)s You have %(num)s seconds to think.",
      seconds,
      { position: question.position, prompt: question.prompt },
    );
    room.happens("prompt_shown", announcement);
    /** @param {number} left */
    const onTick = (left) => room.view.time(_("time to think"), left, question.think_ms);
    room.countdown = new Countdown(leftMs, onTick, () => room.guard(() => this.record(null)));
  }

  /**
   * Record a take; `continues` is the id of the answer whose take continues.
   * @param {string | null} continues
   */
  async record(continues) {
    const { room } = this;
    if (!room.happens("start_asked")) return; // the countdown may end while the candidate presses the button
    room.countdown?.stop();
    room.review.clear();
    await room.openDevices();
    if (room.state !== "starting") return; // taken over meanwhile
    await room.recording.begin(this.question, continues);
  }

  /** One more take: with what is left of the time to think, or at once. */
  again() {
    return this.room.prompts.leftMs(this.question) ? this.think() : this.record(null);
  }

  /** Shows what happens to a recording. */
  recordingListener() {
    const { room } = this;
    const { recordingEnd, view } = room;
    return {
      /** @param {number} leftMs */
      onRecording: (leftMs) => this.showRecording(leftMs),
      onStopping: () => this.showStopping(),
      /** @param {string} why */
      onLost: (why) => void room.guard(() => recordingEnd.cutOff(why)),
      /** @type {(kind: DeviceKind, isPaused: boolean) => void} */
      onPause: (kind, isPaused) => view.paused(kind, isPaused),
      /** @type {(answerId: string, why: string) => void} */
      onStuck: (answerId, why) => recordingEnd.stuck(answerId, why),
      onTurned: () => view.turned(),
      onTurnedLate: () => void room.guard(() => this.#turnedLate()),
    };
  }

  #turnedLate() {
    const announcement = _("Your device was turned near the end. Your answer is being saved.");
    return this.room.recordingEnd.review(announcement);
  }

  /** @param {number} limitMs */
  showRecording(limitMs) {
    const { room } = this;
    room.countdown?.stop();
    this.#fillQuestion();
    room.happens("recording_began", _("Recording."));
    let previousMs = limitMs;
    /** @param {number} leftMs */
    const onTick = (leftMs) => {
      room.view.time(_("time left"), leftMs, limitMs);
      room.progress.showSaved();
      room.view.warnTimeLeft(leftMs, previousMs);
      previousMs = leftMs;
    };
    const onEnd = () => room.guard(() => room.recordingEnd.review(_("Time is up. Your answer is being saved.")));
    room.countdown = new Countdown(limitMs, onTick, onEnd);
  }

  showStopping() {
    this.room.countdown?.stop();
    this.room.view.unpaused();
    this.room.happens("recording_ended");
  }

  /** The candidate keeps this answer. The next question is announced, and shown only when the candidate asks for it. */
  accept() {
    const { room, question } = this;
    room.review.clear();
    room.notes.write({ accepted: question.position, interrupted: null });
    const following = this.questions.find(({ position }) => position > question.position);
    if (!following || this.isRedoing) return this.showFinish();
    this.goTo(following);
    this.showStage(following);
  }

  /** At the end, record a question again whose answer is not completely saved. */
  async redo() {
    const question = this.questions.find(({ position }) => position === this.room.progress.redo);
    if (!question) return;
    this.isRedoing = true;
    this.goTo(question);
    await this.room.openDevices();
    await this.again();
  }

  showFinish() {
    const { room } = this;
    void room.source.close(); // the camera's light goes out: nothing more is recorded
    room.view.prompts(this.questions);
    room.happens("all_answered", _("All questions are answered."));
  }

  #fillQuestion() {
    this.room.view.question(this.question, this.questions.length);
  }
}
