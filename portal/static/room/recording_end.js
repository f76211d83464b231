// What the room does when a recording ends: as wanted, cut off, without one byte, or stuck between two parts.

import { WORTH_GOING_ON_MS } from "./answer_recording.js";
import { clock } from "./answer_status.js";
import { NOTHING_CAME } from "../devices/recorder.js";
import { newestTake, takeMs } from "./takes.js";
import { DeviceTrouble } from "../devices/device_trouble.js";

const UNENDED = "Your browser did not finish this recording properly. What it delivered is kept.";
const USE_ANOTHER = "Nothing was recorded and no take is used. Reload the page, or use another browser or device: your interview waits.";

export class Ending {
  constructor(room) {
    this.room = room;
  }

  get question() {
    return this.room.question;
  }

  /** End the recording; what became of it, or null where none runs. */
  async stop() {
    const { answering, view, data } = this.room;
    const ended = await answering?.stop(); // none yet, while the page comes in
    if (!ended) return null;
    view.question(this.question, data.questions.length);
    view.fill({ taken: clock(takeMs(this.question)), unended: ended.hasEnded ? "" : UNENDED });
    return ended;
  }

  /** As wanted: the answer may be looked at, kept or recorded again. */
  async review(announcement) {
    const { review, view } = this.room;
    const ended = await this.stop();
    if (!ended) return;
    if (ended.isEmpty) return this.#empty(NOTHING_CAME);
    view.show("review", announcement);
    await review.open(this.question);
  }

  /** `whyNothing` is said instead where not one byte is there. */
  async cutOff(why, whyNothing = why) {
    const ended = await this.stop();
    if (!ended) return;
    if (ended.isEmpty) return this.#empty(whyNothing);
    this.room.notes.write({ interrupted: ended.answerId });
    this.interrupted(why);
  }

  /** The recorder ended, and a further one did not start. */
  stuck(answerId, why) {
    this.room.showStopping();
    this.room.notes.write({ interrupted: answerId });
    this.interrupted(why);
  }

  interrupted(why) {
    const takenMs = takeMs(this.question);
    const title = takenMs ? `${why} at ${clock(takenMs)}.` : `${why}.`;
    this.room.view.fill({ interrupted: title });
    this.offerMore();
    this.room.view.show("interrupted", title);
    this.room.progress.changed();
  }

  /** Where nothing of what was interrupted arrived, and it is out of the answers: what came before it counts. */
  fellBack() {
    const { notes, view } = this.room;
    const { answers } = this.question;
    const isThere = answers.some(({ answer_id }) => answer_id === notes.values.interrupted);
    if (view.state !== "interrupted" || isThere || !answers.length) return;
    notes.write({ interrupted: null });
    view.fill({ taken: clock(takeMs(this.question)) });
    this.offerMore();
    view.show("kept", "Nothing was recorded after that. What came before is kept.");
  }

  offerMore() {
    const canGoOn = this.question.limit_ms - takeMs(this.question) >= WORTH_GOING_ON_MS;
    this.room.view.fill({ go_on: canGoOn ? "Go on with this answer" : "" });
  }

  /** What came before, if anything, is kept; else there is nothing to go on with. */
  #empty(why) {
    if (!this.question.answers.length) throw new DeviceTrouble(why, USE_ANOTHER);
    this.room.notes.write({ interrupted: newestTake(this.question).at(-1).answer_id });
    this.interrupted(why);
  }
}
