// What the room does when a recording ends: as the candidate wanted, cut off, empty, or stuck between two parts.

import { DeviceTrouble } from "../devices/device_trouble.js";
import { nothingCame } from "../devices/recorder.js";
import { gettext as _ } from "../site/gettext.js";
import { WORTH_CONTINUING_MS } from "./answer_recording.js";
import { clock } from "./answer_status.js";
import { newestTake, takeMs } from "./takes.js";

/** @import { Room } from "./room.js" */

export class RecordingEnd {
  /** @param {Room} room */
  constructor(room) {
    this.room = room;
  }

  get question() {
    return this.room.question;
  }

  /** End the recording. Resolves to how it ended, or to null where none runs. */
  async stop() {
    const { recording, view, data } = this.room;
    const ended = await recording?.stop(); // there is no `recording` yet while the page loads
    if (!ended) return null;
    view.question(this.question, data.questions.length);
    view.fill({ taken: clock(takeMs(this.question)), unended: ended.hasEnded ? "" : unendedText() });
    return ended;
  }

  /**
   * The candidate or the time limit ended it: the candidate may now watch it, accept it or record it again.
   * @param {string} announcement
   */
  async review(announcement) {
    const { review } = this.room;
    const ended = await this.stop();
    if (!ended) return;
    if (ended.isEmpty) return this.#empty(nothingCame());
    this.room.happens("review_opened", announcement);
    await review.open(this.question);
  }

  /**
   * `whyEmpty` is shown instead where no byte was recorded.
   * @param {string} why
   * @param {string} [whyEmpty]
   */
  async cutOff(why, whyEmpty = why) {
    const ended = await this.stop();
    if (!ended) return;
    if (ended.isEmpty) return this.#empty(whyEmpty);
    this.room.notes.write({ interrupted: ended.answerId });
    this.interrupted(why);
  }

  /**
   * The recorder ended, and a further one did not start.
   * @param {string} answerId
   * @param {string} why
   */
  stuck(answerId, why) {
    this.room.steps.showStopping();
    this.room.notes.write({ interrupted: answerId });
    this.interrupted(why);
  }

  /** @param {string} why */
  interrupted(why) {
    const takenMs = takeMs(this.question);
    // Translators: what happened to a recording, and at which time of it: "The camera stopped at 00:12."
    const atTime = _("%(why)s at %(time)s.", { why, time: clock(takenMs) });
    const title = takenMs ? atTime : `${why}.`;
    this.room.view.fill({ interrupted: title });
    this.offerToContinue();
    this.room.happens("cut_off", title);
    this.room.progress.changed();
  }

  /** Nothing arrived of the interrupted answer, so it was removed: the answer before it counts. */
  fallBack() {
    const { notes, view } = this.room;
    const { answers } = this.question;
    const isThere = answers.some(({ answer_id }) => answer_id === notes.values.interrupted);
    if (this.room.state !== "interrupted" || isThere || !answers.length) return;
    notes.write({ interrupted: null });
    view.fill({ taken: clock(takeMs(this.question)) });
    this.offerToContinue();
    this.room.happens("answer_found", _("Nothing was recorded after that. What came before is kept."));
  }

  offerToContinue() {
    const canContinue = this.question.limit_ms - takeMs(this.question) >= WORTH_CONTINUING_MS;
    this.room.view.fill({ go_on: canContinue ? _("Go on with this answer") : "" });
  }

  /**
   * An earlier part, if there is one, is kept; otherwise there is nothing to continue.
   * @param {string} why
   */
  #empty(why) {
    if (!this.question.answers.length) throw new DeviceTrouble(why, emptyAdvice());
    this.room.notes.write({ interrupted: newestTake(this.question).at(-1)?.answer_id });
    this.interrupted(why);
  }
}

function unendedText() {
  return _("Your browser did not finish this recording properly. What it delivered is kept.");
}

function emptyAdvice() {
  return _(
    "Nothing was recorded and no take is used. Reload the page, or use another browser or device: your interview " +
      "waits.",
  );
}
