// The room as it is seen: shows the parts of the page that belong to a state, fills texts in, moves focus, announces.
// The page names its parts (data-show, data-text, data-do, data-focus); this file decides nothing.

import { Problem } from "./api.js";
import { newestTake, takeMs, takesLeft } from "./resume.js";

const NO_CONNECTION = new Set([502, 503, 504]); // nobody behind the proxy: the same to a person as no answer at all
const WARN_LEFT_MS = [30_000, 10_000]; // said aloud once each, for those who do not watch the clock

export class RoomView {
  /** `onAction(name)` for every press of a control that carries data-do. */
  constructor(root, onAction) {
    this.root = root;
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
    const isLast = question.position === total;
    this.fill({
      progress: `question ${question.position} of ${total}`,
      prompt: question.prompt,
      think: stretch(question.think_ms),
      limit: stretch(question.limit_ms),
      takes: left > 1 ? `You have ${left} takes.` : left === 1 ? "You have 1 more take." : "This is your last take.",
      again: left > 0 ? `Record again (${left} ${left === 1 ? "take" : "takes"} left)` : "",
      accept: isLast ? "Keep it and finish" : "Keep it and continue",
      save: isLast ? "Save and finish" : "Save and continue",
    });
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

  /** How much of the answer the server has; `waitsIn` says where the rest is kept while the connection is gone. */
  saved(job, recordedMs, waitsIn) {
    const whole = job.is_ended ? Math.round : Math.floor; // a running clock never shows a second that is not over
    const savedS = whole(job.saved_ms / 1000);
    const label = job.failure ? "Not saved" : waitsIn ? `Kept in this ${waitsIn}, sent later` : job.is_complete ? "Saved" : "Saved up to now";
    this.root.dataset.waits = waitsIn;
    this.fill({ saved_label: label, saved_mark: job.failure ? "▲" : waitsIn ? "◷" : "✓" });
    this.fill({ saved: `${savedS} of ${Math.max(savedS, whole(recordedMs / 1000))} s` });
  }

  /** One row per question: what became of its newest take. `jobs` are the uploads of this page. */
  answers(questions, jobs) {
    for (const question of questions) {
      const [mark, text] = answerState(question, jobs);
      this.fill({ [`answer_mark_${question.position}`]: mark, [`answer_${question.position}`]: text });
    }
  }

  /** All questions at once; only at the end, when each has been asked. */
  prompts(questions) {
    questions.forEach((question) => this.fill({ [`prompt_${question.position}`]: question.prompt }));
  }

  playback(play) {
    play(this.root.querySelector("[data-playback]"));
  }

  stopPlayback() {
    this.root.querySelector("[data-playback]").pause();
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

  finishable(isFinishable) {
    this.root.querySelector("[data-finish]").disabled = !isFinishable;
  }
}

function waitingText(error, isTalking) {
  const goesOn = "What you recorded is kept, and this page goes on by itself.";
  const kept = isTalking ? "Keep talking: we save here and send later." : goesOn;
  if (error.status === 401) return `You are signed out. ${signInText(isTalking)}`;
  if (error.status === 507) return `The server is out of space. ${kept}`;
  if (error.status === 429) return `The server asks us to wait a little. ${kept}`;
  if (error instanceof Problem && !NO_CONNECTION.has(error.status)) return `The server has trouble right now. ${kept}`;
  return `No connection. ${kept}`;
}

function signInText(isTalking) {
  const kept = isTalking ? "Keep talking: what you say is kept." : "What you recorded is kept.";
  return `${kept} Sign in again in another tab, then this page goes on.`;
}

/** 01:44 */
export function clock(ms) {
  const seconds = Math.round(ms / 1000);
  return `${pad(Math.floor(seconds / 60))}:${pad(seconds % 60)}`;
}

/** 30 s, 2:00 min: a time in a sentence carries its unit. */
function stretch(ms) {
  const seconds = Math.round(ms / 1000);
  return seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)}:${pad(seconds % 60)} min`;
}

function pad(number) {
  return String(number).padStart(2, "0");
}

function answerState(question, jobs) {
  const parts = newestTake(question);
  if (!parts.length) return ["○", "to come"];
  const own = jobs.filter((job) => parts.some((part) => part.answer_id === job.answer_id));
  const failed = own.find((job) => job.failure);
  if (failed) return ["▲", `not saved: ${failed.failure}`];
  if (own.some((job) => !job.is_ended)) return ["●", "recording"];
  if (own.some((job) => !job.is_complete)) return ["↑", `sending ${sentPercent(own)} %`];
  return ["✓", `saved ${clock(takeMs(question))}`];
}

function sentPercent(jobs) {
  const total = jobs.reduce((sum, job) => sum + job.stored_bytes, 0);
  const sent = jobs.reduce((sum, job) => sum + (job.sent_bytes ?? 0), 0);
  return total ? Math.floor((100 * sent) / total) : 0;
}
