// The device check: browser, camera, microphone, a test recording and the upload speed. Each row of the page shows a
// result and, where needed, what the person can do. Only random bytes are sent, to measure their time; picture, sound
// and recording stay in this page. What has no row is not checked: a machine that records by itself needs no upload.

import { BrowserSource } from "../devices/browser_source.js";
import { DeviceTrouble } from "../devices/device_trouble.js";
import { recordingType } from "../devices/recorder.js";
import { sourceOf } from "../devices/recording_source.js";
import { elementIn, elementsIn } from "../page/elements.js";
import { pageApi } from "../server/api.js";
import { Seat } from "../server/seat.js";
import { gettext as _, number } from "../site/gettext.js";
import { PieceStore } from "../upload/piece_store.js";
import { TestRecording } from "./test_recording.js";

/** @typedef {"idle" | "busy" | "pass" | "warn" | "fail"} Result */

const HEARD_DBFS = -45; // quiet speech at arm's length; the noise of a room is below
const LISTEN_MS = 8_000; // then the page says that nothing was heard, and listens on
const PROBE_BYTES = [64_000, 1_000_000]; // the first opens the connection, the second is measured
const NEEDED_MBIT_S = 1.5; // a recording has 1.1 Mbit/s; the rest is a reserve
const RANDOM_MAX_BYTES = 65_536; // the limit of getRandomValues

/**
 * The glyph and the word of each result.
 * @type {Record<Result, [string, () => string]>}
 */
const RESULTS = {
  idle: ["○", () => _("not checked")],
  busy: ["◌", () => _("checking")],
  pass: ["✓", () => _("fine")],
  warn: ["◆", () => _("look here")],
  fail: ["▲", () => _("not working")],
};

class DeviceCheck {
  /** @param {HTMLElement} root */
  constructor(root) {
    this.root = root;
    this.api = pageApi(root);
    this.seat = new Seat(this.api, root.dataset.interview ?? "", () => this.source.close());
    this.source = sourceOf(root, this.api, this.seat);
    this.rows = elementsIn(root, "[data-row]").map((row) => row.dataset.row ?? "");
    /** @type {Record<string, Result>} */
    this.results = {}; // by the name of the row
    this.testRecording = null; // a machine that records by itself has no row for it
    if (this.source instanceof BrowserSource) {
      this.testRecording = new TestRecording(this.source, elementIn(root, "[data-trial]", HTMLVideoElement));
    }
    this.begin = elementIn(root, "[data-begin]");
    this.again = elementIn(root, "[data-again]");
    this.buttons = [this.begin, this.again].map((box) => elementIn(box, "button", HTMLButtonElement));
    for (const button of this.buttons) button.addEventListener("click", () => void this.run());
    this.enable(true);
  }

  /** @param {boolean} isEnabled */
  enable(isEnabled) {
    for (const button of this.buttons) {
      button.disabled = !isEnabled;
      button.dataset.name ??= button.textContent ?? "";
      button.textContent = isEnabled ? (button.dataset.name ?? "") : _("Checking …");
    }
  }

  async run() {
    this.enable(false);
    this.results = {};
    if (this.testRecording) this.testRecording.video.hidden = true;
    await this.source.close();
    try {
      if (await this.checkBrowser()) await Promise.all([this.checkDevices(), this.checkSpeed()]);
    } finally {
      this.enable(true); // the check can always be run again
      this.conclude();
      this.offerAgain();
    }
  }

  /** The check is no longer the next step. A button that was disabled while it had the focus has lost it. */
  offerAgain() {
    this.begin.hidden = true;
    this.again.hidden = false;
    const { activeElement, body } = document;
    const isOnButton = this.buttons.some((button) => button === activeElement);
    if (isOnButton || activeElement === body) this.buttons[1]?.focus();
  }

  async checkBrowser() {
    if (!this.rows.includes("browser")) return true;
    const trouble = this.source.trouble();
    if (trouble) {
      this.row("browser", "fail", trouble.message, trouble.advice);
      return false;
    }
    const store = await PieceStore.open(() => {});
    const format = { format: recordingType()?.container.toUpperCase() };
    if (store.isDurable) this.row("browser", "pass", _("Records %(format)s.", format));
    else this.row("browser", "warn", _("Records %(format)s, but keeps nothing.", format), noStorageAdvice());
    return true;
  }

  async checkDevices() {
    this.row("camera", "busy", this.root.dataset.opening ?? "");
    this.row("microphone", "busy", "");
    try {
      await this.claimSeat();
      this.showPicture(await this.source.open());
    } catch (trouble) {
      this.row("camera", "fail", trouble.message, trouble.advice);
      this.row("microphone", "fail", _("Not opened, because the camera was not."));
      this.row("recording", "fail", _("Not tried, because nothing was opened."));
      return;
    }
    await Promise.all([this.listen(), this.checkRecording()]);
  }

  /** Records a few seconds and plays them: only that proves that this browser's recordings can be used. */
  async checkRecording() {
    const { testRecording } = this;
    if (!testRecording || !this.rows.includes("recording")) return;
    this.row("recording", "busy", _("Recording three seconds, then playing them."));
    try {
      const { bytes, seconds, width, height } = await testRecording.run();
      testRecording.video.hidden = false;
      const made = { seconds: number(seconds), size: number(bytes / 1000), width, height };
      const text = _(
        "%(seconds)s s, %(size)s kB, %(width)s × %(height)s pixels. Play it: this is how you look and sound.",
        made,
      );
      this.row("recording", "pass", text);
    } catch (trouble) {
      if (!(trouble instanceof DeviceTrouble)) throw trouble;
      this.row("recording", "fail", trouble.message, trouble.advice);
    }
  }

  /** A machine that records by itself lends its devices to one page only: the one with the seat. */
  async claimSeat() {
    if (this.source.needsNetwork || (await this.seat.claim(false))) return;
    const advice = _("Close it there, wait a quarter of a minute, then check again.");
    throw new DeviceTrouble(_("This interview is open in another tab"), advice);
  }

  /** @param {{ width?: number, height?: number }} options */
  showPicture({ width, height }) {
    elementIn(this.root, "[data-camera]").hidden = false;
    elementIn(this.root, "[data-no-picture]").hidden = true;
    const text = _("%(width)s × %(height)s pixels. Sit so that your whole face is in the picture.", { width, height });
    this.row("camera", "pass", text);
  }

  /**
   * Resolves once something was heard, or after a while without sound; the meter moves on in both cases.
   * @returns {Promise<void>}
   */
  listen() {
    this.row("microphone", "busy", _("Say a few words: the bars should move."));
    return new Promise((resolve) => {
      const onSilence = () => {
        this.row("microphone", "warn", _("We hear nothing yet."), this.root.dataset.unheard);
        resolve();
      };
      const timer = setTimeout(onSilence, LISTEN_MS);
      /** @param {number} dbfs */
      this.source.meter.onLevel = (dbfs) => {
        if (dbfs < HEARD_DBFS || this.results.microphone === "pass") return;
        clearTimeout(timer);
        this.row("microphone", "pass", _("We hear you."));
        this.conclude();
        resolve();
      };
    });
  }

  async checkSpeed() {
    if (!this.rows.includes("speed")) return;
    this.row("speed", "busy", _("Sending a few bytes to see how long they take."));
    try {
      const mbitS = await this.measureSpeed();
      const text = _("%(rate)s Mbit/s up.", { rate: number(mbitS, 1) });
      if (mbitS >= NEEDED_MBIT_S) this.row("speed", "pass", text);
      else this.row("speed", "warn", text, slowAdvice());
    } catch (error) {
      const advice = _("Check your connection, then check again. (%(error)s)", { error: error.message });
      this.row("speed", "fail", _("The server could not be reached."), advice);
    }
  }

  async measureSpeed() {
    let [bytes, tookMs] = [0, 1];
    for (bytes of PROBE_BYTES) {
      const started = performance.now();
      await this.api.send("echo", randomBytes(bytes), "application/octet-stream", 60_000);
      tookMs = performance.now() - started;
    }
    return (bytes * 8) / tookMs / 1000;
  }

  /**
   * @param {string} name
   * @param {Result} result
   * @param {string} text
   * @param {string} [advice]
   */
  row(name, result, text, advice = "") {
    if (!this.rows.includes(name)) return;
    this.results[name] = result;
    const row = elementIn(this.root, `[data-row="${name}"]`);
    const [glyph, word] = RESULTS[result];
    row.dataset.result = result;
    elementIn(row, "[data-glyph]").textContent = glyph;
    elementIn(row, "[data-word]").textContent = word();
    elementIn(row, "[data-what]").textContent = text;
    const cure = elementIn(row, "[data-cure]");
    cure.textContent = advice;
    cure.hidden = !advice;
  }

  /**
   * @param {Result[]} results
   * @param {boolean} isFine
   */
  conclusion(results, isFine) {
    if (results.includes("fail")) return _("Something needs you: see the rows marked ▲.");
    if (!isFine) return "";
    if (this.results.microphone === "warn") {
      return _("Not ready yet: say something first, so that we hear you. You can go on all the same.");
    }
    return results.includes("warn") ? _("You are ready. Read the row marked ◆ first.") : _("You are ready.");
  }

  conclude() {
    const results = Object.values(this.results);
    const isDone = this.rows.every((name) => this.results[name] && this.results[name] !== "busy");
    const isFine = isDone && !results.includes("fail");
    elementIn(this.root, "[data-go]").hidden = !isFine;
    elementIn(this.root, "[data-conclusion]").textContent = this.conclusion(results, isFine);
  }
}

function noStorageAdvice() {
  return _("Probably a private window. It works; do not reload or close the page before everything is sent.");
}

function slowAdvice() {
  return _("Slower than a recording. It works: answers are kept here first and sent while you go on.");
}

/** @param {number} count */
function randomBytes(count) {
  const bytes = new Uint8Array(count); // random, so that no proxy can compress them
  for (let at = 0; at < count; at += RANDOM_MAX_BYTES) {
    crypto.getRandomValues(bytes.subarray(at, at + RANDOM_MAX_BYTES));
  }
  return bytes;
}

document.documentElement.dataset.started = "";
new DeviceCheck(elementIn(document, "#check"));
