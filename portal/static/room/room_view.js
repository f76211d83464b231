// What the room looks like: it shows the parts of the page that belong to a state, fills in texts, moves the focus and
// announces changes to screen readers. The page names its parts (data-show, data-text, data-do, data-focus).

import { elementAround, elementIn, elementsIn } from "../page/elements.js";
import { gettext as _, ngettext } from "../site/gettext.js";
import { answerStatus, clock, finishStatus, pad, savedSentences, timeLeft } from "./answer_status.js";
import { obstacleText } from "./obstacle_text.js";
import { takesLeft } from "./takes.js";

/** @import { Upload } from "../upload/upload.js" */
/** @import { Uploader } from "../upload/uploader.js" */
/** @import { WaitsIn } from "./answer_status.js" */
/** @import { RoomState } from "./room_states.js" */

const WARN_LEFT_MS = [30_000, 10_000]; // announced once each, for candidates who do not see the clock

export class RoomView {
  /**
   * `onAction(name)` is called for every press of a control with the attribute data-do.
   * @param {HTMLElement} root
   * @param {(name: string) => void} onAction
   */
  constructor(root, onAction) {
    this.root = root;
    this.isSelfHidden = false;
    /** @type {Set<DeviceKind>} */
    this.pausedDevices = new Set();
    this.announcer = elementIn(root, "[data-announce]");
    root.addEventListener("click", (event) => {
      const control = elementAround(event, "[data-do]");
      if (control) onAction(control.dataset.do ?? "");
    });
  }

  /**
   * Show the parts of the page that belong to this state.
   * @param {RoomState} state
   */
  show(state, announcement = "") {
    this.root.dataset.state = state;
    for (const part of elementsIn(this.root, "[data-show]")) {
      part.hidden = !part.dataset.show?.split(" ").includes(state);
    }
    elementsIn(this.root, `[data-focus~="${state}"]:not([hidden])`)[0]?.focus({ preventScroll: true });
    if (announcement) this.announce(announcement);
  }

  /** @param {string} text */
  announce(text) {
    this.announcer.textContent = text;
  }

  /**
   * Put texts into the parts that carry these names; an empty text hides its part.
   * @param {Record<string, string>} texts
   */
  fill(texts) {
    for (const [name, text] of Object.entries(texts)) {
      for (const part of elementsIn(this.root, `[data-text="${name}"]`)) {
        if (part.textContent !== text) part.textContent = text;
      }
      for (const part of elementsIn(this.root, `[data-if="${name}"]`)) part.hidden = !text;
    }
  }

  /**
   * @param {Question} question
   * @param {number} total
   */
  question(question, total) {
    const { position, prompt, think_ms, limit_ms, answers } = question;
    const isFirst = position === 1;
    this.fill({
      progress: _("question %(position)s of %(total)s", { position, total }),
      next: isFirst ? _("Ready when you are") : _("Question %(position)s is next", { position }),
      rest: isFirst ? "" : _("Go on when you like. No clock runs, and nothing is recorded."),
      prompt: prompt ?? "",
      think: think_ms ? duration(think_ms) : "",
      no_think: think_ms ? "" : "yes",
      limit: duration(limit_ms),
      accept: _("Keep it and continue"),
      save: _("Save and continue"),
    });
    this.#takes(takesLeft(question));
    if (!answers.length) this.fill({ accept: "", save: "", go_on: "" }); // there is nothing to accept or to continue
  }

  /** @param {number} left */
  #takes(left) {
    if (left <= 0) return this.fill({ takes: _("This is your last take."), again: "", replaces: "" });
    this.fill({
      takes: ngettext("You have %(num)s more take.", "You have %(num)s takes.", left),
      again: ngettext("Record again (%(num)s take left)", "Record again (%(num)s takes left)", left),
      replaces: _("If you record again, the new take counts and not this one."),
    });
  }

  /**
   * @param {string} label
   * @param {number} leftMs
   * @param {number} totalMs
   */
  time(label, leftMs, totalMs) {
    this.fill({ clock_label: label, clock: clock(Math.ceil(leftMs / 1000) * 1000), clock_of: clock(totalMs) });
    const used = 1 - leftMs / totalMs;
    elementIn(this.root, "[data-ruler]").style.width = `${(used * 100).toFixed(2)}%`;
  }

  /**
   * @param {number} leftMs
   * @param {number} previousMs
   */
  warnTimeLeft(leftMs, previousMs) {
    const due = WARN_LEFT_MS.find((warnMs) => leftMs <= warnMs && previousMs > warnMs);
    if (due) this.announce(ngettext("%(num)s second left.", "%(num)s seconds left.", due / 1000));
  }

  /**
   * How much of the answer the server has, and where the rest waits (`waitsIn`) while the connection is lost.
   * @param {Upload} upload
   * @param {number} recordedMs
   * @param {string} waitsIn
   * @param {number | null} [leftMs]
   */
  saved(upload, recordedMs, waitsIn, leftMs = null) {
    const round = upload.is_ended ? Math.round : Math.floor; // a running clock never shows a second that is not over
    const savedS = (upload.is_complete ? Math.round : Math.floor)(upload.saved_ms / 1000);
    const recordedS = Math.max(savedS, round(recordedMs / 1000));
    const glyph = upload.trouble ? "▲" : upload.is_complete ? "✓" : "↑";
    this.root.dataset.saved = upload.trouble ? "part" : upload.is_complete ? "whole" : "";
    this.fill({ saved_label: savedLabel(upload, waitsIn, leftMs), saved_glyph: glyph });
    this.fill({ saved: _("%(saved)s of %(recorded)s s", { saved: savedS, recorded: recordedS }) });
    this.fill({ kept_here: keptLabel(waitsIn), kept_here_s: `${recordedS - savedS} s` });
  }

  /**
   * The status of each answer, of the one to `question` in a sentence, and whether the interview can be finished.
   * Returns the position of a question that can be recorded again, or null.
   * @param {Question[]} questions
   * @param {Question} question
   * @param {Uploader} options
   * @param {Trouble | null} obstacle
   * @param {WaitsIn} waitsIn
   */
  uploads(questions, question, { uploads, leftMs }, obstacle, waitsIn) {
    for (const one of questions) {
      const { glyph, text } = answerStatus(one, uploads, leftMs, waitsIn);
      this.fill({ [`answer_glyph_${one.position}`]: glyph, [`answer_${one.position}`]: text });
    }
    this.fill(savedSentences(answerStatus(question, uploads, null, waitsIn)));
    const { hint, isFinishable, redo } = finishStatus(questions, uploads, leftMs, waitsIn);
    this.#finish.disabled = !isFinishable || Boolean(obstacle);
    this.fill({ finish_hint: hint, redo: redo === null ? "" : redoLabel(redo) });
    return redo;
  }

  /**
   * All prompts together, which is allowed only at the end, when each question has been asked.
   * @param {Question[]} questions
   */
  prompts(questions) {
    for (const { position, prompt } of questions) {
      this.fill({ [`prompt_${position}`]: prompt ?? _("not shown yet") });
    }
  }

  /**
   * Which part of the answer is played back.
   * @param {number} number
   * @param {number} of
   */
  playing(number, of) {
    const playing = of > 1 ? _("your answer, part %(number)s of %(of)s", { number, of }) : _("your answer");
    this.fill({ not_playing: "", playing, play_back: _("Play it back if you like.") });
  }

  /**
   * Why nothing can be played back now.
   * @param {string} why
   */
  notPlaying(why) {
    this.fill({ not_playing: why, playing: _("your answer"), play_back: "" });
  }

  /**
   * The device paused the camera or the microphone, or started it again; announced at once.
   * @param {DeviceKind} kind
   * @param {boolean} isPaused
   */
  paused(kind, isPaused) {
    if (isPaused) this.pausedDevices.add(kind);
    else this.pausedDevices.delete(kind);
    const text = this.pausedDevices.size ? pausedText(this.pausedDevices) : "";
    this.fill({ paused: text });
    this.announce(text || _("Camera and microphone are back. Recording goes on."));
  }

  turned() {
    const text = _("Your device was turned. Recording goes on in a further part of this answer; keep talking.");
    this.fill({ paused: text });
    this.announce(text);
  }

  unpaused() {
    this.pausedDevices.clear();
    this.fill({ paused: "" });
  }

  toggleSelf() {
    const camera = elementIn(this.root, "[data-camera]");
    const button = elementIn(this.root, "[data-do=hide]");
    const isHidden = (this.isSelfHidden = !this.isSelfHidden);
    camera.classList.toggle("invisible", isHidden);
    button.textContent = isHidden ? _("Show me") : _("Hide me");
    this.fill({ hidden_self: isHidden ? _("You do not see yourself. Recording is not affected.") : "" });
  }

  /**
   * The banner that says why nothing can be sent.
   * @param {Trouble | null} error
   * @param {boolean} isRecording
   */
  obstacle(error, isRecording) {
    const isSignedOut = error?.status === 401;
    const text = error ? obstacleText(error, isRecording) : "";
    this.fill({ connection: text, sign_in: isSignedOut ? "yes" : "" });
  }

  /** The button that finishes the interview. */
  get #finish() {
    return elementIn(this.root, "[data-finish]", HTMLButtonElement);
  }

  /**
   * The CSRF token of the form that finishes the interview.
   * @param {string} csrf
   */
  token(csrf) {
    elementIn(this.#finish.form ?? this.root, "[name=csrf_token]", HTMLInputElement).value = csrf;
  }
}

/**
 * @param {Upload} upload
 * @param {string} waitsIn
 * @param {number | null} leftMs
 */
function savedLabel(upload, waitsIn, leftMs) {
  if (upload.failure) return _("Not saved");
  if (upload.lost) return _("Saved only in part");
  if (upload.is_complete) return _("Saved");
  const left = waitsIn ? "" : timeLeft(leftMs);
  return left ? _("Saving, %(left)s", { left }) : _("Saving");
}

/** @param {string} waitsIn */
function keptLabel(waitsIn) {
  if (!waitsIn) return "";
  return waitsIn === "page" ? _("Kept in this page, saved later") : _("Kept in this browser, saved later");
}

/** @param {number} position */
function redoLabel(position) {
  return _("Record question %(position)s again", { position });
}

/** @param {Set<DeviceKind>} devices */
function pausedText(devices) {
  const advice = _("This moment is not assessed. After 10 s we stop, keep what you said, and you can go on later.");
  return `${pausedSentence(devices)} ${advice}`;
}

/** @param {Set<DeviceKind>} devices */
function pausedSentence(devices) {
  if (devices.size > 1) return _("Your device paused the camera and the microphone, perhaps for a call.");
  if (devices.has("camera")) return _("Your device paused the camera, perhaps for a call.");
  return _("Your device paused the microphone, perhaps for a call.");
}

/**
 * 30 s, 2:00 min: a time in a sentence has a unit.
 * @param {number} ms
 */
function duration(ms) {
  const seconds = Math.round(ms / 1000);
  if (seconds < 60) return _("%(seconds)s s", { seconds });
  return _("%(clock)s min", { clock: `${Math.floor(seconds / 60)}:${pad(seconds % 60)}` });
}
