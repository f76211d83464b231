// The interview room: asks the questions, records the answers, and finds its place again after a reload, a crash or a lost
// connection. One state at a time (data-state); what a state looks like is room_view.js, how bytes travel is uploader.js.

import { isPassing, pageApi } from "./api.js";
import { Countdown } from "./countdown.js";
import { DeviceTrouble } from "./devices.js";
import { Leftovers } from "./leftovers.js";
import { Notes } from "./notes.js";
import { PageEvents } from "./page_events.js";
import { dropVoid } from "./outcome.js";
import { newestTake, takeMs, takesLeft, whereToResume } from "./resume.js";
import { RoomView, clock } from "./room_view.js";
import { Seat } from "./seat.js";
import { sourceOf } from "./source.js";
import { Store } from "./store.js";
import { Job, Uploader } from "./uploader.js";

const ASK_AGAIN_MS = 2_000; // while the server cannot be reached and nothing can start without it
const WORTH_GOING_ON_MS = 5_000; // less time than this left in an answer is no use to anybody

class Room {
  constructor(root) {
    this.root = root;
    this.id = root.dataset.interview;
    this.api = pageApi(root);
    this.api.onChange = () => this.signInChanged();
    this.view = new RoomView(root, (action) => this.guard(() => this.actions[action]()));
    this.notes = new Notes(this.id);
    const onLost = () => this.guard(() => this.seatLost());
    this.seat = new Seat(this.api, this.id, onLost, (error) => this.guard(() => this.stopped(error)));
    this.source = sourceOf(root, this.api, this.seat);
    this.actions = {
      show_question: () => this.think(),
      start: () => this.record(null),
      stop: () => this.stopAndReview("Stopped. Your answer is being saved."),
      again: () => this.think(),
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
    if (this.data.state !== "recording") return location.replace(this.api.base);
    if (!(await this.untilReached(() => this.seat.take(false)))) return this.view.show("elsewhere", "Open in another tab.");
    await this.untilReached(() => this.source.settle());
    this.store = await Store.open(() => this.view.fill({ memory: "yes" }));
    const chunkMaxBytes = this.data.chunk_max_bytes;
    const { needsNetwork } = this.source;
    this.uploader = new Uploader({ api: this.api, store: this.store, chunkMaxBytes, needsNetwork, onChange: () => this.uploadsChanged() });
    const [untilReached, onWaiting] = [(ask) => this.untilReached(ask), () => this.showWaiting()];
    const { api, store, notes, uploader, id: interviewId } = this;
    await new Leftovers({ api, store, notes, uploader, untilReached, onWaiting, interviewId }).send(this.data.questions);
    await this.resume();
  }

  /** Repeat a request until the server can be reached and knows us; its refusals are thrown. */
  async untilReached(ask) {
    for (;;) {
      try {
        const answer = await ask();
        this.view.obstacle(null);
        return answer;
      } catch (error) {
        if (!isPassing(error) && error.status !== 401) throw error;
        this.view.obstacle(error);
        await new Promise((resolve) => setTimeout(resolve, ASK_AGAIN_MS));
      }
    }
  }

  openDevices() {
    return this.untilReached(() => this.source.open());
  }

  async resume() {
    if (this.view.state === "elsewhere") return; // taken over while the last pieces were sent
    const { accepted, interrupted } = this.notes.values;
    const { stage, question } = whereToResume(this.data.questions, accepted, interrupted);
    this.ask(question);
    this.offerMore();
    if (stage !== "finish") await this.openDevices();
    if (stage === "finish") this.showFinish();
    else if (stage === "interrupted") this.showInterrupted("Your answer was interrupted");
    else this.view.show(stage);
    this.uploadsChanged();
  }

  ask(question) {
    this.question = question;
    this.job = null;
    this.view.question(question, this.data.questions.length);
    this.view.fill({ taken: clock(takeMs(question)), saved: "–", saved_label: "Saved up to now", saved_mark: "✓" });
  }

  // One question

  /** Ask for the prompt. Its time to think runs from the first time on, through reloads and further takes. */
  async think() {
    if (this.isAsking) return; // pressed twice
    this.isAsking = true;
    this.view.stopPlayback();
    try {
      const ask = () => this.api.post(`questions/${this.question.position}/release`, { tab: this.seat.tab });
      Object.assign(this.question, await this.untilReached(ask));
    } finally {
      this.isAsking = false;
    }
    this.view.question(this.question, this.data.questions.length);
    if (!this.question.think_left_ms) return this.record(null);
    this.showThinking();
  }

  showThinking() {
    const { position, prompt, think_ms: total, think_left_ms: left } = this.question;
    this.view.show("thinking", `Question ${position}. ${prompt} You have ${Math.ceil(left / 1000)} seconds to think.`);
    const onTick = (leftMs) => this.view.time("time to think", leftMs, total);
    this.countdown = new Countdown(left, onTick, () => this.guard(() => this.record(null)));
  }

  /** Record a take; `continues` names the answer whose take goes on. */
  async record(continues) {
    if (this.view.state === "starting") return; // the countdown's end and a press may come together
    this.countdown?.stop();
    this.view.show("starting");
    await this.openDevices();
    // A new take, or part of one, begins when the server has the last one whole; another question need not wait.
    await this.uploader.whenSettled(this.question.answers.map((answer) => answer.answer_id));
    const wish = { question: this.question.position, continues };
    const reply = await this.untilReached(() => this.source.begin(wish));
    this.question.unsaved = "";
    this.question.answers.push({ ...reply, state: "recording", recorded_ms: 0 });
    this.job = new Job({ ...reply, interview_id: this.id, sent_bytes: 0 });
    await this.uploader.add(this.job);
    this.recorder = this.source.recorder(this.job, this.uploader, (why) => this.guard(() => this.cutOff(why)));
    await this.recorder.start();
    this.notes.write({ interrupted: null });
    await this.keepAwake();
    this.showRecording(reply.limit_ms);
  }

  /** A phone that turns its screen off would stop the camera too. Browsers may refuse this: then it is as it was. */
  async keepAwake() {
    try {
      this.awake ??= await navigator.wakeLock?.request("screen");
      this.awake?.addEventListener("release", () => (this.awake = null), { once: true });
    } catch (error) {
      console.info("The screen may turn off by itself:", error.name);
    }
  }

  showRecording(limitMs) {
    this.view.question(this.question, this.data.questions.length);
    this.view.show("recording", "Recording.");
    if (this.data.analyse) this.watchPage(this.job);
    let previousMs = limitMs;
    const onTick = (leftMs) => {
      this.noteTime();
      this.view.time("time left", leftMs, limitMs);
      this.showSaved();
      this.view.warnTimeLeft(leftMs, previousMs);
      previousMs = leftMs;
    };
    const onEnd = () => this.guard(() => this.stopAndReview("Time is up. Your answer is being saved."));
    this.countdown = new Countdown(limitMs, onTick, onEnd);
  }

  watchPage(job) {
    this.pageEvents = new PageEvents({
      now: () => this.recorder.recordedMs,
      onEvent: (event) => this.uploader.addEvent(job, event),
      onClosed: () => this.uploader.eventChanged(job),
    });
    this.pageEvents.start();
  }

  noteTime() {
    if (!this.recorder?.isRunning) return;
    this.notes.write({ running: { answer_id: this.job.answer_id, recorded_ms: Math.round(this.recorder.recordedMs) } });
  }

  /** End the recording, keep everything. Whether there was one to end. */
  async stopRecording() {
    if (!this.recorder?.isRunning) return false;
    this.countdown.stop();
    this.pageEvents?.stop();
    await this.recorder.stop();
    const recordedMs = Math.round(this.recorder.recordedMs);
    Object.assign(this.question.answers.at(-1), { recorded_ms: recordedMs });
    await this.uploader.end(this.job, recordedMs);
    this.view.fill({ taken: clock(takeMs(this.question)) });
    return true;
  }

  async stopAndReview(announcement) {
    if (!(await this.stopRecording())) return;
    this.view.playback((video) => this.source.play(video, this.recorder));
    this.view.show("review", announcement);
  }

  async cutOff(why) {
    const { answer_id } = this.job;
    if (!(await this.stopRecording())) return;
    this.notes.write({ interrupted: answer_id });
    this.showInterrupted(why);
  }

  showInterrupted(why) {
    const takenMs = takeMs(this.question);
    const title = takenMs ? `${why} at ${clock(takenMs)}.` : `${why}.`;
    this.view.fill({ interrupted: title });
    this.offerMore();
    this.view.show("interrupted", title);
    this.uploadsChanged();
  }

  offerMore() {
    const canGoOn = this.question.limit_ms - takeMs(this.question) >= WORTH_GOING_ON_MS;
    this.view.fill({ go_on: canGoOn ? "Go on with this answer" : "" });
  }

  accept() {
    this.view.stopPlayback();
    this.notes.write({ accepted: this.question.position, interrupted: null, running: null });
    const next = this.data.questions.find((question) => question.position > this.question.position);
    if (!next || this.isRedoing) return this.showFinish();
    this.ask(next);
    this.view.show("ready", `Question ${next.position} is next.`);
    if (next.think_ms) this.guard(() => this.think());
  }

  /** Record a question again that all others came after, because not all of its answer is saved. */
  async redo() {
    this.isRedoing = true;
    this.ask(this.data.questions.find(({ position }) => position === this.view.redo));
    await this.openDevices();
    return this.think();
  }

  showFinish() {
    this.source.close(); // the camera's light goes out: nothing more is recorded
    this.awake?.release();
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
    const answerId = this.job?.answer_id;
    if (await this.stopRecording()) this.notes.write({ interrupted: answerId });
    this.countdown?.stop();
    this.source.close();
    this.view.show("elsewhere", "This interview was opened in another tab.");
  }

  /** The application was withdrawn or decided: nothing more is recorded, whatever is on the page. */
  async stopped(error) {
    await this.stopRecording();
    this.countdown?.stop();
    this.source.close();
    throw Object.assign(error, { advice: "What was recorded before that is kept as long as you were told." });
  }

  // What the uploads tell

  uploadsChanged() {
    const { uploader, view } = this;
    if (!uploader || !this.question) return;
    const obstacle = this.api.signedOut ?? uploader.obstacle;
    dropVoid(this.data.questions, uploader.jobs);
    view.obstacle(obstacle);
    view.uploads(this.data.questions, this.question, uploader, obstacle);
    if (this.job) this.showSaved();
    if (this.job?.trouble && this.recorder?.isRunning) this.guard(() => this.cutOff("Saving stopped"));
  }

  signInChanged() {
    this.view.token(this.api.csrf);
    if (this.api.signedOut) this.uploadsChanged();
    else this.uploader?.retry();
  }

  showSaved() {
    const waitsIn = this.source.needsNetwork && this.uploader.obstacle ? (this.store.isDurable ? "browser" : "page") : "";
    this.view.saved(this.job, this.recorder?.recordedMs ?? 0, waitsIn, this.uploader.leftMs);
  }

  mustStay() {
    return Boolean(this.recorder?.isRunning || (this.uploader?.hasUnsent && !this.store.isDurable));
  }
}

const room = new Room(document.getElementById("room"));
window.addEventListener("pagehide", () => room.noteTime());
window.addEventListener("beforeunload", (event) => room.mustStay() && event.preventDefault());
room.guard(() => room.enter());
