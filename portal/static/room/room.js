// The interview room: asks the questions, records the answers, and finds its place again after a reload, a crash or a lost
// connection. One state at a time (data-state); what a state looks like is room_view.js, how bytes travel is uploader.js.

import { Answering } from "./answer_recording.js";
import { pageApi } from "../server/api.js";
import { Asking } from "./question_prompts.js";
import { Countdown } from "./countdown.js";
import { Ending } from "./recording_end.js";
import { Leftovers } from "../upload/upload_recovery.js";
import { Notes } from "./browser_notes.js";
import { untilReached } from "../server/until_reached.js";
import { Progress } from "./upload_progress.js";
import { Review } from "./answer_review.js";
import { whereToResume } from "./resume_point.js";
import { RoomView, clock } from "./room_view.js";
import { Seat } from "../server/seat.js";
import { newestTake, takeMs } from "./takes.js";
import { sourceOf } from "../devices/recording_source.js";
import { Store } from "../upload/piece_store.js";
import { DeviceTrouble } from "../devices/device_trouble.js";
import { Uploader } from "../upload/uploader.js";

class Room {
  constructor(root) {
    this.root = root;
    this.id = root.dataset.interview;
    this.api = pageApi(root);
    this.progress = new Progress(this);
    this.api.onChange = () => this.progress.signInChanged();
    this.view = new RoomView(root, (action) => this.guard(() => this.actions[action]()));
    this.notes = new Notes(this.id);
    const onLost = () => this.guard(() => this.seatLost());
    this.seat = new Seat(this.api, this.id, onLost, (error) => this.guard(() => this.stopped(error)));
    this.source = sourceOf(root, this.api, this.seat);
    this.ending = new Ending(this);
    this.asking = new Asking(this.api, this.seat, (ask) => this.untilReached(ask));
    this.review = new Review(this);
    this.actions = {
      show_question: () => this.showQuestion(),
      start: () => this.record(null),
      stop: () => this.ending.review("Stopped. Your answer is being saved."),
      again: () => (this.asking.leftMs(this.question) ? this.think() : this.record(null)),
      go_on: () => this.record(newestTake(this.question).at(-1)?.answer_id ?? null),
      accept: () => this.accept(),
      redo: () => this.redo(),
      take_over: () => this.takeOver(),
      reload: () => location.reload(),
      hide: () => this.view.toggleSelf(),
    };
  }

  /** Run a step; whatever goes wrong in it is shown, with a way on. */
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

  // Coming in

  async enter() {
    this.view.show("loading");
    const trouble = this.source.trouble();
    if (trouble) throw trouble;
    this.data = await this.untilReached(() => this.api.get("room.json"));
    this.asking.startClocks(this.data.questions);
    if (this.data.state !== "recording") return location.replace(this.api.base);
    if (!(await this.untilReached(() => this.seat.take(false)))) return this.view.show("elsewhere", "Open in another tab.");
    await this.untilReached(() => this.source.settle());
    this.store = await Store.open(() => this.view.fill({ memory: "yes" }));
    const chunkMaxBytes = this.data.chunk_max_bytes;
    const { needsNetwork } = this.source;
    const [begin, onChange] = [(wish) => this.source.begin(wish), () => this.progress.changed()];
    this.uploader = new Uploader({ api: this.api, store: this.store, chunkMaxBytes, needsNetwork, begin, onChange });
    const [untilReached, onWaiting] = [(ask) => this.untilReached(ask), () => this.showWaiting()];
    const { api, store, notes, source, uploader, id: interviewId } = this;
    const isWatched = this.data.analyse;
    this.answering = new Answering({ source, uploader, notes, interviewId, isWatched, untilReached, told: this.told() });
    await new Leftovers({ api, store, notes, uploader, untilReached, onWaiting, interviewId }).send(this.data.questions);
    await this.resume();
  }

  untilReached(ask) {
    return untilReached(ask, (error) => this.view.obstacle(error));
  }

  openDevices() {
    return this.untilReached(() => this.source.open());
  }

  async resume() {
    if (this.isOver) return; // taken over, or withdrawn, while the last pieces were sent
    const { accepted, interrupted } = this.notes.values;
    const { stage, question } = whereToResume(this.data.questions, accepted, interrupted);
    this.ask(question);
    this.ending.offerMore();
    if (stage !== "finish") await this.openDevices();
    if (stage === "finish") this.showFinish();
    else if (stage === "interrupted") this.ending.interrupted("Your answer was interrupted");
    else if (stage === "ready") this.comeBackTo(question);
    else this.view.show(stage);
    this.progress.changed();
  }

  /** A question that was shown before stays shown; only somebody who watches its clock is recorded when it ends. */
  comeBackTo(question) {
    if (question.prompt === null) return this.view.show("ready", `Question ${question.position} is next.`);
    if (this.asking.leftMs(question)) this.think();
    else this.view.show("shown", `Question ${question.position}. ${question.prompt} Your time to think is over.`);
  }

  ask(question) {
    this.question = question;
    this.answering.leave();
    this.view.question(question, this.data.questions.length);
    this.view.fill({ taken: clock(takeMs(question)), saved: "–", saved_label: "Saving", saved_mark: "↑", kept_here: "" });
  }

  // One question

  /** Fetch the prompt: from the moment it is here its time to think runs, in this page and on the server. */
  async showQuestion() {
    if (this.view.state === "asking") return; // pressed twice
    const { question } = this;
    this.view.show("asking");
    await this.uploader.whenBegun(); // its turn comes when something of each answer before it is at the server
    const missed = this.data.questions.find(({ position, answers }) => position < question.position && !answers.length);
    if (missed) return this.askAgain(missed);
    await this.asking.show(question);
    if (this.view.state !== "asking") return; // taken over meanwhile
    this.view.question(question, this.data.questions.length);
    if (question.think_ms) this.comeBackTo(question); // where the reply was late, its time may be over already
    else await this.record(null);
  }

  /** Nothing of an answer could be saved: before the next question comes this one, once more. */
  askAgain(question) {
    this.ask(question);
    this.comeBackTo(question);
  }

  think() {
    const { position, prompt, think_ms: total } = this.question;
    const leftMs = this.asking.leftMs(this.question);
    this.review.clear();
    this.view.show("thinking", `Question ${position}. ${prompt} You have ${Math.round(leftMs / 1000)} seconds to think.`);
    const onTick = (left) => this.view.time("time to think", left, total);
    this.countdown = new Countdown(leftMs, onTick, () => this.guard(() => this.record(null)));
  }

  /** Record a take; `continues` names the answer whose take goes on. */
  async record(continues) {
    if (this.view.state === "starting") return; // the countdown's end and a press may come together
    this.countdown?.stop();
    this.review.clear();
    this.view.show("starting");
    await this.openDevices();
    if (this.view.state !== "starting") return; // taken over meanwhile
    await this.answering.begin(this.question, continues);
  }

  /** What happens to a recording, as it is shown. */
  told() {
    return {
      onRecording: (leftMs) => this.showRecording(leftMs),
      onStopping: () => this.showStopping(),
      onLost: (why) => this.guard(() => this.ending.cutOff(why)),
      onPause: (kind, isPaused) => this.view.paused(kind, isPaused),
      onStuck: (answerId, why) => this.ending.stuck(answerId, why),
      onTurned: () => this.view.turned(),
      onTurnedLate: () => this.guard(() => this.ending.review("Your device was turned near the end. Your answer is being saved.")),
    };
  }

  showRecording(limitMs) {
    this.countdown?.stop();
    this.view.question(this.question, this.data.questions.length);
    this.view.show("recording", "Recording.");
    let previousMs = limitMs;
    const onTick = (leftMs) => {
      this.view.time("time left", leftMs, limitMs);
      this.progress.look();
      this.view.warnTimeLeft(leftMs, previousMs);
      previousMs = leftMs;
    };
    const onEnd = () => this.guard(() => this.ending.review("Time is up. Your answer is being saved."));
    this.countdown = new Countdown(limitMs, onTick, onEnd);
  }

  showStopping() {
    this.countdown.stop();
    this.view.unpaused();
    this.view.show("stopping");
  }

  /** Rests there until somebody wants to see the next question. */
  accept() {
    this.review.clear();
    this.notes.write({ accepted: this.question.position, interrupted: null, running: null });
    const next = this.data.questions.find((question) => question.position > this.question.position);
    if (!next || this.isRedoing) return this.showFinish();
    this.ask(next);
    this.comeBackTo(next);
  }

  /** Record a question again that all others came after, because not all of its answer is saved. */
  async redo() {
    this.isRedoing = true;
    this.ask(this.data.questions.find(({ position }) => position === this.view.redo));
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
    await this.untilReached(() => this.seat.take(true));
    await this.seat.askOthersToLetGo();
    location.reload(); // the shortest way to the right place: the way every reload goes
  }

  async seatLost() {
    this.isOver = true;
    const ended = await this.ending.stop();
    if (ended && !ended.isEmpty) this.notes.write({ interrupted: ended.answerId });
    this.countdown?.stop();
    this.source.close();
    this.view.show("elsewhere", "This interview was opened in another tab.");
  }

  /** The application was withdrawn or decided: nothing more is recorded, whatever is on the page. */
  async stopped(error) {
    this.isOver = true;
    await this.ending.stop();
    this.countdown?.stop();
    this.source.close();
    throw Object.assign(error, { advice: "What was recorded before that is kept as long as you were told." });
  }
}

document.documentElement.dataset.started = "";
const room = new Room(document.getElementById("room"));
window.addEventListener("pagehide", () => room.answering?.noteTime());
window.addEventListener("beforeunload", (event) => {
  if (room.progress.mustStay) event.preventDefault();
  else room.seat.rest(); // at a kiosk the next page signs out before this one is gone
});
room.guard(() => room.enter());
