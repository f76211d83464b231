// The interview room: it asks the questions, records the answers, and continues at the right question after a reload, a
// crash or a lost connection. room_states.js lists its states, room_view.js shows them, uploader.js sends what is
// recorded.

import { DeviceTrouble } from "../devices/device_trouble.js";
import { sourceOf } from "../devices/recording_source.js";
import { pageApi } from "../server/api.js";
import { Seat } from "../server/seat.js";
import { untilReached } from "../server/until_reached.js";
import { PieceStore } from "../upload/piece_store.js";
import { Uploader } from "../upload/uploader.js";
import { AnswerRecording } from "./answer_recording.js";
import { AnswerReview } from "./answer_review.js";
import { clock } from "./answer_status.js";
import { BrowserNotes } from "./browser_notes.js";
import { Countdown } from "./countdown.js";
import { QuestionPrompts } from "./question_prompts.js";
import { RecordingEnd } from "./recording_end.js";
import { whereToResume } from "./resume_point.js";
import { RoomView } from "./room_view.js";
import { newestTake, takeMs } from "./takes.js";
import { UploadProgress } from "./upload_progress.js";
import { EarlierUploads } from "./earlier_uploads.js";

const TURNED_LATE = "Your device was turned near the end. Your answer is being saved.";

class Room {
  constructor(root) {
    this.root = root;
    this.id = root.dataset.interview;
    this.api = pageApi(root);
    this.progress = new UploadProgress(this);
    this.api.onChange = () => this.progress.signInChanged();
    this.view = new RoomView(root, (action) => this.guard(() => this.actions[action]()));
    this.notes = new BrowserNotes(this.id);
    const onLost = () => this.guard(() => this.seatLost());
    this.seat = new Seat(this.api, this.id, onLost, (error) => this.guard(() => this.stopped(error)));
    this.source = sourceOf(root, this.api, this.seat);
    this.recordingEnd = new RecordingEnd(this);
    this.prompts = new QuestionPrompts(this.api, this.seat, (ask) => this.untilReached(ask));
    this.review = new AnswerReview(this);
    this.actions = {
      show_question: () => this.showQuestion(),
      start: () => this.record(null),
      stop: () => this.recordingEnd.review("Stopped. Your answer is being saved."),
      again: () => (this.prompts.leftMs(this.question) ? this.think() : this.record(null)),
      go_on: () => this.record(newestTake(this.question).at(-1)?.answer_id ?? null),
      accept: () => this.accept(),
      redo: () => this.redo(),
      take_over: () => this.takeOver(),
      reload: () => location.reload(),
      hide: () => this.view.toggleSelf(),
    };
  }

  /** Run a step; if it fails, show the error and what the candidate can do. */
  async guard(step) {
    try {
      await step();
    } catch (error) {
      if (!(error instanceof DeviceTrouble)) console.error(error);
      this.countdown?.stop();
      const advice = error.advice || "Reload the page. Everything that was recorded is kept.";
      this.view.fill({ trouble_title: error.message, trouble_advice: advice });
      this.view.show("trouble", error.message);
    }
  }

  // Arrival

  async enter() {
    this.view.show("loading");
    const trouble = this.source.trouble();
    if (trouble) throw trouble;
    this.data = await this.untilReached(() => this.api.get("room.json"));
    this.prompts.startClocks(this.data.questions);
    if (this.data.state !== "recording") return location.replace(this.api.base);
    const hasSeat = await this.untilReached(() => this.seat.claim(false));
    if (!hasSeat) return this.view.show("elsewhere", "Open in another tab.");
    await this.untilReached(() => this.source.settle());
    this.store = await PieceStore.open(() => this.view.fill({ memory: "yes" }));
    this.uploader = this.newUploader();
    this.recording = this.newRecording();
    await this.newRecovery().send(this.data.questions);
    await this.resume();
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
      listener: this.recordingListener(),
    });
  }

  newRecovery() {
    const { api, store, notes, uploader, id: interviewId } = this;
    const [untilReached, onWaiting] = [(ask) => this.untilReached(ask), () => this.showWaiting()];
    return new EarlierUploads({ api, store, notes, uploader, interviewId, untilReached, onWaiting });
  }

  untilReached(ask) {
    return untilReached(ask, (error) => this.view.obstacle(error));
  }

  openDevices() {
    return this.untilReached(() => this.source.open());
  }

  async resume() {
    if (this.isOver) return; // taken over or withdrawn while the last pieces were sent
    const { accepted, interrupted } = this.notes.values;
    const { stage, question } = whereToResume(this.data.questions, accepted, interrupted);
    this.goTo(question);
    this.recordingEnd.offerToContinue();
    if (stage !== "finish") await this.openDevices();
    if (stage === "finish") this.showFinish();
    else if (stage === "interrupted") this.recordingEnd.interrupted("Your answer was interrupted");
    else if (stage === "ready") this.showStage(question);
    else this.view.show(stage);
    this.progress.changed();
  }

  /**
   * A question that was shown before stays shown. Recording starts by itself only if the candidate sees the clock end.
   */
  showStage(question) {
    const { position, prompt } = question;
    if (prompt === null) return this.view.show("ready", `Question ${position} is next.`);
    if (this.prompts.leftMs(question)) this.think();
    else this.view.show("shown", `Question ${position}. ${prompt} Your time to think is over.`);
  }

  goTo(question) {
    this.question = question;
    this.recording.leave();
    this.view.question(question, this.data.questions.length);
    const taken = clock(takeMs(question));
    this.view.fill({ taken, saved: "–", saved_label: "Saving", saved_glyph: "↑", kept_here: "" });
  }

  // One question

  /** Fetch the prompt. Its time to think starts when the prompt is here, on this page and at the server. */
  async showQuestion() {
    if (this.view.state === "asking") return; // pressed twice
    const { question } = this;
    this.view.show("asking");
    await this.uploader.whenBegun(); // the server must first have some bytes of each earlier answer
    const isMissed = ({ position, answers }) => position < question.position && !answers.length;
    const missed = this.data.questions.find(isMissed);
    if (missed) return this.askAgain(missed);
    await this.prompts.show(question);
    if (this.view.state !== "asking") return; // taken over meanwhile
    this.view.question(question, this.data.questions.length);
    if (question.think_ms) this.showStage(question); // after a late reply, the time to think may be over already
    else await this.record(null);
  }

  /** Nothing of an earlier answer could be saved: ask that question again before the next one. */
  askAgain(question) {
    this.goTo(question);
    this.showStage(question);
  }

  think() {
    const { position, prompt, think_ms: totalMs } = this.question;
    const leftMs = this.prompts.leftMs(this.question);
    const seconds = Math.round(leftMs / 1000);
    this.review.clear();
    this.view.show("thinking", `Question ${position}. ${prompt} You have ${seconds} seconds to think.`);
    const onTick = (left) => this.view.time("time to think", left, totalMs);
    this.countdown = new Countdown(leftMs, onTick, () => this.guard(() => this.record(null)));
  }

  /** Record a take; `continues` is the id of the answer whose take continues. */
  async record(continues) {
    if (this.view.state === "starting") return; // the countdown may end while the candidate presses the button
    this.countdown?.stop();
    this.review.clear();
    this.view.show("starting");
    await this.openDevices();
    if (this.view.state !== "starting") return; // taken over meanwhile
    await this.recording.begin(this.question, continues);
  }

  /** Shows what happens to a recording. */
  recordingListener() {
    return {
      onRecording: (leftMs) => this.showRecording(leftMs),
      onStopping: () => this.showStopping(),
      onLost: (why) => this.guard(() => this.recordingEnd.cutOff(why)),
      onPause: (kind, isPaused) => this.view.paused(kind, isPaused),
      onStuck: (answerId, why) => this.recordingEnd.stuck(answerId, why),
      onTurned: () => this.view.turned(),
      onTurnedLate: () => this.guard(() => this.recordingEnd.review(TURNED_LATE)),
    };
  }

  showRecording(limitMs) {
    this.countdown?.stop();
    this.view.question(this.question, this.data.questions.length);
    this.view.show("recording", "Recording.");
    let previousMs = limitMs;
    const onTick = (leftMs) => {
      this.view.time("time left", leftMs, limitMs);
      this.progress.showSaved();
      this.view.warnTimeLeft(leftMs, previousMs);
      previousMs = leftMs;
    };
    const onEnd = () => this.guard(() => this.recordingEnd.review("Time is up. Your answer is being saved."));
    this.countdown = new Countdown(limitMs, onTick, onEnd);
  }

  showStopping() {
    this.countdown.stop();
    this.view.unpaused();
    this.view.show("stopping");
  }

  /** The candidate keeps this answer. The next question is announced, and shown only when the candidate asks for it. */
  accept() {
    this.review.clear();
    this.notes.write({ accepted: this.question.position, interrupted: null, running: null });
    const next = this.data.questions.find((question) => question.position > this.question.position);
    if (!next || this.isRedoing) return this.showFinish();
    this.goTo(next);
    this.showStage(next);
  }

  /** At the end, record a question again whose answer is not completely saved. */
  async redo() {
    this.isRedoing = true;
    this.goTo(this.data.questions.find(({ position }) => position === this.view.redo));
    await this.openDevices();
    return this.actions.again();
  }

  showFinish() {
    this.source.close(); // the camera's light goes out: nothing more is recorded
    this.view.prompts(this.data.questions);
    this.view.show("finish", "All questions are answered.");
  }

  // Other tabs

  showWaiting() {
    this.view.show("waiting", "Waiting for the other device to send what it has.");
  }

  async takeOver() {
    this.showWaiting();
    await this.untilReached(() => this.seat.claim(true));
    await this.seat.askOthersToRelease();
    location.reload(); // the page then finds the right question, as after every reload
  }

  async seatLost() {
    this.isOver = true;
    const ended = await this.recordingEnd.stop();
    if (ended && !ended.isEmpty) this.notes.write({ interrupted: ended.answerId });
    this.countdown?.stop();
    this.source.close();
    this.view.show("elsewhere", "This interview was opened in another tab.");
  }

  /** The application was withdrawn or decided: nothing more is recorded, whatever the page shows now. */
  async stopped(error) {
    this.isOver = true;
    await this.recordingEnd.stop();
    this.countdown?.stop();
    this.source.close();
    throw Object.assign(error, { advice: "What was recorded before that is kept as long as you were told." });
  }
}

document.documentElement.dataset.started = "";
const room = new Room(document.getElementById("room"));
window.addEventListener("pagehide", () => room.recording?.noteTime());
window.addEventListener("beforeunload", (event) => {
  if (room.progress.mustStay) event.preventDefault();
  else room.seat.pauseClaims(); // at a kiosk the next page signs out before this page is gone
});
room.guard(() => room.enter());
