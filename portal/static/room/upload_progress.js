// Shows in the room how far the uploads are: at each change, and while an answer is recorded.

import { gettext as _ } from "../site/gettext.js";
import { removeVoid } from "./answer_status.js";

/** @import { Upload } from "../upload/upload.js" */
/** @import { Room } from "./room.js" */

export class UploadProgress {
  /** @param {Room} room */
  constructor(room) {
    this.room = room;
    /** @type {number | null} */
    this.redo = null; // the position of a question that can be recorded again at the end
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
    view.obstacle(obstacle, this.room.state === "recording");
    this.redo = view.uploads(questions, question, uploader, obstacle, (one) => this.waitsIn(one));
    this.showSaved();
    const { upload, isRunning } = recording;
    if (!isRunning || !upload?.trouble) return;
    const whyEmpty = _("Nothing of it is saved: %(why)s", { why: upload.trouble });
    void this.room.guard(() => recordingEnd.cutOff(_("Saving stopped"), whyEmpty));
  }

  /** Note and show how much is saved of the answer that is recorded now, or was recorded last. */
  showSaved() {
    const { recording, uploader, view } = this.room;
    recording.noteTime();
    const { upload } = recording;
    if (upload) view.saved(upload, recording.recordedMs, this.waitsIn(upload), uploader.leftMs);
  }

  /**
   * Where the unsent rest of this answer waits while nothing can be sent: "browser" or "page"; "" while it is sent.
   * @param {Upload} upload
   */
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
    const { recording, state, store, uploader } = this.room;
    const isBusy = recording?.isRunning || state === "stopping";
    return Boolean(isBusy || (uploader?.hasUnsent && !store.isDurable));
  }
}
