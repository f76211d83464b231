// Shows in the room how far the uploads are: at each change, and while an answer is recorded.

import { removeVoid } from "./answer_status.js";

export class UploadProgress {
  constructor(room) {
    this.room = room;
  }

  /** Something has changed in the uploads. */
  changed() {
    const { api, uploader, view, question, recording, recordingEnd } = this.room;
    if (!uploader || !question) return;
    const { questions } = this.room.data;
    const obstacle = api.signedOut ?? uploader.obstacle;
    if (removeVoid(questions, uploader.uploads)) {
      view.question(question, questions.length);
      recordingEnd.fallBack();
    }
    view.obstacle(obstacle);
    view.uploads(questions, question, uploader, obstacle, (one) => this.waitsIn(one));
    this.showSaved();
    const { upload, isRunning } = recording;
    if (!isRunning || !upload.trouble) return;
    this.room.guard(() => recordingEnd.cutOff("Saving stopped", `Nothing of it is saved: ${upload.trouble}`));
  }

  /** Note and show how much is saved of the answer that is recorded now, or was recorded last. */
  showSaved() {
    const { recording, uploader, view } = this.room;
    recording.noteTime();
    const { upload } = recording;
    if (upload) view.saved(upload, recording.recordedMs, this.waitsIn(upload), uploader.leftMs);
  }

  /** Where the unsent rest of this answer waits while nothing can be sent: "browser" or "page"; "" while it is sent. */
  waitsIn(upload) {
    const { source, store, uploader } = this.room;
    const obstacle = source.needsNetwork && uploader.obstacleOf(upload);
    if (!obstacle || obstacle.isTimeout) return ""; // a slow connection still sends
    return store.isDurable ? "browser" : "page";
  }

  signInChanged() {
    const { api, uploader, view } = this.room;
    view.token(api.csrf);
    if (api.signedOut) this.changed();
    else uploader?.retry();
  }

  /** Whether a candidate who leaves the page now would lose something. */
  get mustStay() {
    const { recording, store, uploader, view } = this.room;
    const isBusy = recording?.isRunning || view.state === "stopping";
    return Boolean(isBusy || (uploader?.hasUnsent && !store.isDurable));
  }
}
