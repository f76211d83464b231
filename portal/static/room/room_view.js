// What the room looks like: it shows the parts of the page that belong to a state, fills in texts, moves the focus and
// announces changes to screen readers. The page names its parts (data-show, data-text, data-do, data-focus).

import { answerStatus, clock, finishStatus, pad, savedSentences, timeLeft } from "./answer_status.js";
import { obstacleText } from "./obstacle_text.js";
import { isKnownChange } from "./room_states.js";
import { takesLeft } from "./takes.js";

const PAUSED =
  "This moment is not assessed. After 10 s we stop, keep what you said, and you can go on later.";
const TURNED = "Your device was turned. Recording goes on in a further part of this answer; keep talking.";
const WARN_LEFT_MS = [30_000, 10_000]; // announced once each, for candidates who do not see the clock

export class RoomView {
  /** `onAction(name)` is called for every press of a control with the attribute data-do. */
  constructor(root, onAction) {
    this.root = root;
    this.pausedDevices = new Set();
    this.announcer = root.querySelector("[data-announce]");
    root.addEventListener("click", (event) => {
      const control = event.target.closest("[data-do]");
      if (control) onAction(control.dataset.do);
    });
  }

  get state() {
    return this.root.dataset.state;
  }

  show(state, announcement = "") {
    if (!isKnownChange(this.state, state)) console.error(`The room should not go from "${this.state}" to "${state}".`);
    this.root.dataset.state = state;
    for (const part of this.root.querySelectorAll("[data-show]")) {
      part.hidden = !part.dataset.show.split(" ").includes(state);
    }
    this.root.querySelector(`[data-focus~="${state}"]:not([hidden])`)?.focus({ preventScroll: true });
    if (announcement) this.announce(announcement);
  }

  announce(text) {
    this.announcer.textContent = text;
  }

  /** Put texts into the parts that carry these names; an empty text hides its part. */
  fill(texts) {
    for (const [name, text] of Object.entries(texts)) {
      for (const part of this.root.querySelectorAll(`[data-text="${name}"]`)) {
        if (part.textContent !== text) part.textContent = text;
      }
      for (const part of this.root.querySelectorAll(`[data-if="${name}"]`)) part.hidden = !text;
    }
  }

  question(question, total) {
    const { position, prompt, think_ms, limit_ms, answers } = question;
    const isFirst = position === 1;
    this.fill({
      progress: `question ${position} of ${total}`,
      next: isFirst ? "Ready when you are" : `Question ${position} is next`,
      rest: isFirst ? "" : "Go on when you like. No clock runs, and nothing is recorded.",
      prompt: prompt ?? "",
      think: think_ms ? duration(think_ms) : "",
      no_think: think_ms ? "" : "yes",
      limit: duration(limit_ms),
      accept: "Keep it and continue",
      save: "Save and continue",
    });
    this.#takes(takesLeft(question));
    if (!answers.length) this.fill({ accept: "", save: "", go_on: "" }); // there is nothing to accept or to continue
  }

  #takes(left) {
    const takes = left > 1 ? `You have ${left} takes.` : "You have 1 more take.";
    this.fill({
      takes: left > 0 ? takes : "This is your last take.",
      again: left > 0 ? `Record again (${left} ${left === 1 ? "take" : "takes"} left)` : "",
      replaces: left > 0 ? "If you record again, the new take counts and not this one." : "",
    });
  }

  time(label, leftMs, totalMs) {
    this.fill({ clock_label: label, clock: clock(Math.ceil(leftMs / 1000) * 1000), clock_of: clock(totalMs) });
    const used = 1 - leftMs / totalMs;
    this.root.querySelector("[data-ruler]").style.width = `${(used * 100).toFixed(2)}%`;
  }

  warnTimeLeft(leftMs, previousMs) {
    const due = WARN_LEFT_MS.find((warnMs) => leftMs <= warnMs && previousMs > warnMs);
    if (due) this.announce(`${due / 1000} seconds left.`);
  }

  /** How much of the answer the server has, and where the rest waits (`waitsIn`) while the connection is lost. */
  saved(upload, recordedMs, waitsIn, leftMs = null) {
    const round = upload.is_ended ? Math.round : Math.floor; // a running clock never shows a second that is not over
    const savedS = (upload.is_complete ? Math.round : Math.floor)(upload.saved_ms / 1000);
    const recordedS = Math.max(savedS, round(recordedMs / 1000));
    const glyph = upload.trouble ? "▲" : upload.is_complete ? "✓" : "↑";
    this.root.dataset.saved = upload.trouble ? "part" : upload.is_complete ? "whole" : "";
    this.fill({ saved_label: savedLabel(upload, waitsIn, leftMs), saved_glyph: glyph });
    this.fill({ saved: `${savedS} of ${recordedS} s` });
    this.fill({ kept_here: waitsIn && `Kept in this ${waitsIn}, saved later`, kept_here_s: `${recordedS - savedS} s` });
  }

  /** The status of each answer, of the one to `question` in a sentence, and whether the interview can be finished. */
  uploads(questions, question, { uploads, leftMs }, obstacle, waitsIn) {
    for (const one of questions) {
      const { glyph, text } = answerStatus(one, uploads, leftMs, waitsIn);
      this.fill({ [`answer_glyph_${one.position}`]: glyph, [`answer_${one.position}`]: text });
    }
    this.fill(savedSentences(answerStatus(question, uploads, null, waitsIn)));
    const { hint, isFinishable, redo } = finishStatus(questions, uploads, leftMs, waitsIn);
    this.root.querySelector("[data-finish]").disabled = !isFinishable || Boolean(obstacle);
    this.redo = redo;
    this.fill({ finish_hint: hint, redo: redo === null ? "" : `Record question ${redo} again` });
  }

  /** All prompts together, which is allowed only at the end, when each question has been asked. */
  prompts(questions) {
    questions.forEach((question) => this.fill({ [`prompt_${question.position}`]: question.prompt ?? "not shown yet" }));
  }

  /** Which part of the answer is played back. */
  playing(number, of) {
    const playing = of > 1 ? `your answer, part ${number} of ${of}` : "your answer";
    this.fill({ not_playing: "", playing, play_back: "Play it back if you like." });
  }

  /** Why nothing can be played back now. */
  notPlaying(why) {
    this.fill({ not_playing: why, playing: "your answer", play_back: "" });
  }

  /** The device paused the camera or the microphone, or started it again; announced at once. */
  paused(kind, isPaused) {
    if (isPaused) this.pausedDevices.add(kind);
    else this.pausedDevices.delete(kind);
    const devices = [...this.pausedDevices].sort().join(" and the ");
    const text = devices ? `Your device paused the ${devices}, perhaps for a call. ${PAUSED}` : "";
    this.fill({ paused: text });
    this.announce(text || "Camera and microphone are back. Recording goes on.");
  }

  turned() {
    this.fill({ paused: TURNED });
    this.announce(TURNED);
  }

  unpaused() {
    this.pausedDevices.clear();
    this.fill({ paused: "" });
  }

  toggleSelf() {
    const camera = this.root.querySelector("[data-camera]");
    const button = this.root.querySelector("[data-do=hide]");
    const isHidden = camera.classList.toggle("invisible");
    button.textContent = isHidden ? "Show me" : "Hide me";
    this.fill({ hidden_self: isHidden ? "You do not see yourself. Recording is not affected." : "" });
  }

  /** The banner that says why nothing can be sent: `error` is an error or null. */
  obstacle(error) {
    const isSignedOut = error?.status === 401;
    const text = error ? obstacleText(error, this.state === "recording") : "";
    this.fill({ connection: text, sign_in: isSignedOut ? "yes" : "" });
  }

  /** The CSRF token of the form that finishes the interview. */
  token(csrf) {
    this.root.querySelector("[data-finish]").form.elements.csrf_token.value = csrf;
  }
}

function savedLabel(upload, waitsIn, leftMs) {
  if (upload.failure) return "Not saved";
  if (upload.lost) return "Saved only in part";
  if (upload.is_complete) return "Saved";
  const left = waitsIn ? "" : timeLeft(leftMs);
  return left ? `Saving, ${left}` : "Saving";
}

/** 30 s, 2:00 min: a time in a sentence has a unit. */
function duration(ms) {
  const seconds = Math.round(ms / 1000);
  return seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)}:${pad(seconds % 60)} min`;
}
