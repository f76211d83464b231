// The room as it is seen: shows the parts of the page that belong to a state, fills texts in, moves focus, announces.
// The page names its parts (data-show, data-text, data-do, data-focus); this file decides nothing.

import { clock, finishOf, outcomeOf, pad, timeLeft, whatYouSaid } from "./answer_status.js";
import { takesLeft } from "./takes.js";
import { waitingText } from "./obstacle_text.js";

export { clock };

const PAUSED = "This moment is not assessed. After 10 s we stop, keep what you said, and you can go on later.";
const TURNED = "Your device was turned. Recording goes on in a further part of this answer; keep talking.";
const WARN_LEFT_MS = [30_000, 10_000]; // said aloud once each, for those who do not watch the clock

export class RoomView {
  /** `onAction(name)` for every press of a control that carries data-do. */
  constructor(root, onAction) {
    this.root = root;
    this.taken = new Set(); // what the device paused
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
    const left = takesLeft(question);
    const isFirst = question.position === 1;
    this.fill({
      progress: `question ${question.position} of ${total}`,
      next: isFirst ? "Ready when you are" : `Question ${question.position} is next`,
      rest: isFirst ? "" : "Go on when you like. No clock runs, and nothing is recorded.",
      prompt: question.prompt ?? "",
      think: question.think_ms ? stretch(question.think_ms) : "",
      no_think: question.think_ms ? "" : "yes",
      limit: stretch(question.limit_ms),
      takes: left > 1 ? `You have ${left} takes.` : left === 1 ? "You have 1 more take." : "This is your last take.",
      again: left > 0 ? `Record again (${left} ${left === 1 ? "take" : "takes"} left)` : "",
      replaces: left > 0 ? "If you record again, the new take counts and not this one." : "",
      accept: "Keep it and continue",
      save: "Save and continue",
    });
    if (!question.answers.length) this.fill({ accept: "", save: "", go_on: "" }); // there is nothing to keep or to go on with
  }

  time(label, leftMs, totalMs) {
    this.fill({ clock_label: label, clock: clock(Math.ceil(leftMs / 1000) * 1000), clock_of: clock(totalMs) });
    const used = 1 - leftMs / totalMs;
    this.root.querySelector("[data-ruler]").style.width = `${(used * 100).toFixed(2)}%`;
  }

  warnTimeLeft(leftMs, previousMs) {
    const due = WARN_LEFT_MS.find((mark) => leftMs <= mark && previousMs > mark);
    if (due) this.announce(`${due / 1000} seconds left.`);
  }

  /** How much of the answer the server has, and where the rest is kept (`waitsIn`) while the connection is gone. */
  saved(job, recordedMs, waitsIn, leftMs = null) {
    const whole = job.is_ended ? Math.round : Math.floor; // a running clock never shows a second that is not over
    const savedS = (job.is_complete ? Math.round : Math.floor)(job.saved_ms / 1000);
    const recordedS = Math.max(savedS, whole(recordedMs / 1000));
    this.root.dataset.saved = job.trouble ? "part" : job.is_complete ? "whole" : "";
    this.fill({ saved_label: savedLabel(job, waitsIn, leftMs), saved_mark: job.trouble ? "▲" : job.is_complete ? "✓" : "↑" });
    this.fill({ saved: `${savedS} of ${recordedS} s` });
    this.fill({ kept_here: waitsIn && `Kept in this ${waitsIn}, saved later`, kept_here_s: `${recordedS - savedS} s` });
  }

  /** What became of each answer, of the one to `question` in a sentence, and whether the interview can be finished. */
  uploads(questions, question, { jobs, leftMs }, obstacle, waitsIn) {
    for (const one of questions) {
      const { mark, text } = outcomeOf(one, jobs, leftMs, waitsIn);
      this.fill({ [`answer_mark_${one.position}`]: mark, [`answer_${one.position}`]: text });
    }
    this.fill(whatYouSaid(outcomeOf(question, jobs, null, waitsIn)));
    const { hint, isFinishable, redo } = finishOf(questions, jobs, leftMs, waitsIn);
    this.root.querySelector("[data-finish]").disabled = !isFinishable || Boolean(obstacle);
    this.redo = redo;
    this.fill({ finish_hint: hint, redo: redo === null ? "" : `Record question ${redo} again` });
  }

  /** All questions at once; only at the end, when each has been asked. */
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

  /** Said at once: the device took a camera or a microphone away, or gave it back. */
  paused(kind, isPaused) {
    if (isPaused) this.taken.add(kind);
    else this.taken.delete(kind);
    const text = this.taken.size ? `Your device paused the ${[...this.taken].sort().join(" and the ")}, perhaps for a call. ${PAUSED}` : "";
    this.fill({ paused: text });
    this.announce(text || "Camera and microphone are back. Recording goes on.");
  }

  turned() {
    this.fill({ paused: TURNED });
    this.announce(TURNED);
  }

  unpaused() {
    this.taken.clear();
    this.fill({ paused: "" });
  }

  toggleSelf() {
    const camera = this.root.querySelector("[data-camera]");
    const button = this.root.querySelector("[data-do=hide]");
    const isHidden = camera.classList.toggle("invisible");
    button.textContent = isHidden ? "Show me" : "Hide me";
    this.fill({ hidden_self: isHidden ? "You do not see yourself. Recording is not affected." : "" });
  }

  /** The banner: what is in the way of going on, an error or null. */
  obstacle(error) {
    const isSignedOut = error?.status === 401;
    const text = error ? waitingText(error, this.state === "recording") : "";
    this.fill({ connection: text, sign_in: isSignedOut ? "yes" : "" });
  }

  /** The token that the form at the end is sent with. */
  token(csrf) {
    this.root.querySelector("[data-finish]").form.elements.csrf_token.value = csrf;
  }
}

function savedLabel(job, waitsIn, leftMs) {
  if (job.failure) return "Not saved";
  if (job.lost) return "Saved only in part";
  if (job.is_complete) return "Saved";
  const left = waitsIn ? "" : timeLeft(leftMs);
  return left ? `Saving, ${left}` : "Saving";
}

/** 30 s, 2:00 min: a time in a sentence carries its unit. */
function stretch(ms) {
  const seconds = Math.round(ms / 1000);
  return seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)}:${pad(seconds % 60)} min`;
}
