// How the uploads stand, as the room shows it: at each change, and while an answer is recorded.

import { dropVoid } from "./answer_status.js";

export class Progress {
  constructor(room) {
    this.room = room;
  }

  /** The uploads stand otherwise than before. */
  changed() {
    const { api, uploader, view, question, answering, ending } = this.room;
    if (!uploader || !question) return;
    const { questions } = this.room.data;
    const obstacle = api.signedOut ?? uploader.obstacle;
    if (dropVoid(questions, uploader.jobs)) {
      view.question(question, questions.length);
      ending.fellBack();
    }
    view.obstacle(obstacle);
    view.uploads(questions, question, uploader, obstacle, (one) => this.waitsIn(one));
    this.look();
    const { job, isRunning } = answering;
    if (isRunning && job.trouble) this.room.guard(() => ending.cutOff("Saving stopped", `Nothing of it is saved: ${job.trouble}`));
  }

  /** How far the answer is that is recorded now, or was last: noted here, and shown. */
  look() {
    const { answering, uploader, view } = this.room;
    answering.noteTime();
    const { job } = answering;
    if (job) view.saved(job, answering.recordedMs, this.waitsIn(job), uploader.leftMs);
  }

  /** Where what is not sent of this answer is kept as long as something is in the way; "" while nothing is. */
  waitsIn(job) {
    const { source, store, uploader } = this.room;
    const obstacle = source.needsNetwork && uploader.obstacleOf(job);
    if (!obstacle || obstacle.isTimeout) return ""; // a slow line still sends
    return store.isDurable ? "browser" : "page";
  }

  signInChanged() {
    const { api, uploader, view } = this.room;
    view.token(api.csrf);
    if (api.signedOut) this.changed();
    else uploader?.retry();
  }

  /** Whether leaving the page now would lose something. */
  get mustStay() {
    const { answering, store, uploader, view } = this.room;
    const isBusy = answering?.isRunning || view.state === "stopping";
    return Boolean(isBusy || (uploader?.hasUnsent && !store.isDurable));
  }
}
