// The interview room: it holds the state and what the steps of an interview share, and finds the right question when
// the page was loaded. room_states.js lists the states and events, room_view.js shows them, question_steps.js leads
// through the questions, other_tabs.js gives the interview to another tab, uploader.js sends what is recorded.

import { DeviceTrouble } from "../devices/device_trouble.js";
import { sourceOf } from "../devices/recording_source.js";
import { elementIn } from "../page/elements.js";
import { pageApi } from "../server/api.js";
import { Seat } from "../server/seat.js";
import { untilReached } from "../server/until_reached.js";
import { gettext as _ } from "../site/gettext.js";
import { PieceStore } from "../upload/piece_store.js";
import { Uploader } from "../upload/uploader.js";
import { AnswerRecording } from "./answer_recording.js";
import { AnswerReview } from "./answer_review.js";
import { BrowserNotes } from "./browser_notes.js";
import { EarlierUploads } from "./earlier_uploads.js";
import { OtherTabs } from "./other_tabs.js";
import { QuestionPrompts } from "./question_prompts.js";
import { QuestionSteps } from "./question_steps.js";
import { RecordingEnd } from "./recording_end.js";
import { whereToResume } from "./resume_point.js";
import { AT_FIRST, next } from "./room_states.js";
import { RoomView } from "./room_view.js";
import { UploadProgress } from "./upload_progress.js";

/** @import { Countdown } from "./countdown.js" */
/** @import { RoomEvent, RoomState } from "./room_states.js" */

export class Room {
  // What exists from the reply of the server on
  /** @type {RoomReply} */ data;
  /** @type {PieceStore} */ store;
  /** @type {Uploader} */ uploader;
  /** @type {AnswerRecording} */ recording;
  /** @type {Question} */ question;

  /** @param {HTMLElement} root */
  constructor(root) {
    /** @type {RoomState} */
    this.state = AT_FIRST;
    /** @type {Countdown | null} */
    this.countdown = null;
    this.isOver = false; // taken over by another tab, or withdrawn
    this.root = root;
    this.id = root.dataset.interview ?? "";
    this.api = pageApi(root);
    this.progress = new UploadProgress(this);
    this.api.onChange = () => this.progress.signInChanged();
    this.view = new RoomView(root, (action) => void this.guard(() => this.steps.actions[action]?.()));
    this.notes = new BrowserNotes(this.id);
    this.tabs = new OtherTabs(this);
    const onLost = () => this.guard(() => this.tabs.seatLost());
    this.seat = new Seat(this.api, this.id, onLost, (error) => this.guard(() => this.tabs.stopped(error)));
    this.source = sourceOf(root, this.api, this.seat);
    this.recordingEnd = new RecordingEnd(this);
    /** @type {Reached} */
    const reached = (ask) => this.untilReached(ask);
    this.prompts = new QuestionPrompts(this.api, this.seat, reached);
    this.review = new AnswerReview(this);
    this.steps = new QuestionSteps(this);
  }

  /**
   * The only place where the state changes: something happened. Shows the state that follows. Returns whether one
   * follows.
   * @param {RoomEvent} event
   */
  happens(event, announcement = "") {
    const state = next(this.state, event);
    if (state === undefined) console.error(`The room should not go from "${this.state}" by "${event}".`);
    if (!state) return false;
    this.state = state;
    this.view.show(state, announcement);
    return true;
  }

  /**
   * Run a step; if it fails, show the error and what the candidate can do.
   * @param {() => unknown} step
   */
  async guard(step) {
    try {
      await step();
    } catch (thrown) {
      const error = /** @type {Trouble} */ (thrown);
      if (!(error instanceof DeviceTrouble)) console.error(error);
      this.countdown?.stop();
      const advice = error.advice || _("Reload the page. Everything that was recorded is kept.");
      this.view.fill({ trouble_title: error.message, trouble_advice: advice });
      this.happens("failed", error.message);
    }
  }

  // Arrival

  async enter() {
    this.happens("opened");
    const trouble = this.source.trouble();
    if (trouble) throw trouble;
    this.data = await this.untilReached(() => this.api.get("room.json"));
    this.prompts.startClocks(this.data.questions);
    if (this.data.state !== "recording") return location.replace(this.api.base);
    const hasSeat = await this.untilReached(() => this.seat.claim(false));
    if (!hasSeat) return this.happens("seat_lost", _("Open in another tab."));
    await this.untilReached(async () => void (await this.source.settle()));
    this.store = await PieceStore.open(() => this.view.fill({ memory: "yes" }));
    this.uploader = this.newUploader();
    this.recording = this.newRecording();
    await this.newRecovery().send(this.data.questions);
    return this.resume();
  }

  newUploader() {
    const { api, store, source } = this;
    return new Uploader({
      api,
      store,
      chunkMaxBytes: this.data.chunk_max_bytes,
      needsNetwork: source.needsNetwork,
      begin: (wish) => source.begin(wish),
      onChange: () => this.progress.changed(),
    });
  }

  newRecording() {
    const { source, uploader, notes, id: interviewId } = this;
    return new AnswerRecording({
      source,
      uploader,
      notes,
      interviewId,
      reportsEvents: this.data.analyse,
      untilReached: (ask) => this.untilReached(ask),
      listener: this.steps.recordingListener(),
    });
  }

  newRecovery() {
    const { api, store, notes, uploader, id: interviewId } = this;
    const onWaiting = () => this.tabs.showWaiting();
    /** @type {Reached} */
    const reached = (ask) => this.untilReached(ask);
    return new EarlierUploads({ api, store, notes, uploader, interviewId, untilReached: reached, onWaiting });
  }

  /** @type {Reached} */
  untilReached(ask) {
    return untilReached(ask, (error) => this.view.obstacle(error, this.state === "recording"));
  }

  openDevices() {
    return this.untilReached(() => this.source.open());
  }

  async resume() {
    if (this.isOver) return; // taken over or withdrawn while the last pieces were sent
    const { steps, recordingEnd } = this;
    const { accepted, interrupted } = this.notes.values;
    const { stage, question } = whereToResume(this.data.questions, accepted, interrupted);
    steps.goTo(question);
    recordingEnd.offerToContinue();
    if (stage !== "finish") await this.openDevices();
    if (stage === "finish") steps.showFinish();
    else if (stage === "interrupted") recordingEnd.interrupted(_("Your answer was interrupted"));
    else if (stage === "ready") steps.showStage(question);
    else this.happens("answer_found");
    this.progress.changed();
  }
}

document.documentElement.dataset.started = "";
const room = new Room(elementIn(document, "#room"));
window.addEventListener("pagehide", () => {
  room.recording?.noteTime();
  room.store?.leaveUnwritten();
});
window.addEventListener("beforeunload", (event) => {
  if (room.progress.mustStay) event.preventDefault();
  else room.seat.pauseClaims(); // at a kiosk the next page signs out before this page is gone
});
void room.guard(() => room.enter());
