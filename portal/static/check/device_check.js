// The device check: browser, camera, microphone, a test recording and upload speed, each row with its result and, where needed,
// the cure. Sends nothing but random bytes to time them; picture, sound and recording stay in this page. Rows that the page does not
// have (a machine that records by itself needs no upload) are not checked.

import { pageApi } from "../server/api.js";
import { recordingType } from "../devices/recorder.js";
import { Seat } from "../server/seat.js";
import { sourceOf } from "../devices/recording_source.js";
import { Store } from "../upload/piece_store.js";
import { Trial } from "./test_recording.js";
import { DeviceTrouble } from "../devices/device_trouble.js";

const HEARD_DBFS = -45; // quiet speech at arm's length; room noise stays below
const LISTEN_MS = 8_000; // then we say that nothing was heard, and go on listening
const PROBE_BYTES = [64_000, 1_000_000]; // the first warms the connection up, the second is timed
const NEEDED_MBIT_S = 1.5; // what a recording makes (1.1 Mbit/s), and some room
const RANDOM_MAX_BYTES = 65_536; // the most that getRandomValues gives at once

const MARKS = { idle: ["○", "not checked"], busy: ["◌", "checking"], pass: ["✓", "fine"], warn: ["◆", "look here"], fail: ["▲", "not working"] };

class Check {
  constructor(root) {
    this.root = root;
    this.api = pageApi(root);
    this.seat = new Seat(this.api, root.dataset.interview, () => this.source.close());
    this.source = sourceOf(root, this.api, this.seat);
    this.rows = [...root.querySelectorAll("[data-row]")].map((row) => row.dataset.row);
    this.trial = new Trial(this.source, root.querySelector("[data-trial]"));
    this.begin = root.querySelector("[data-begin]");
    this.again = root.querySelector("[data-again]");
    this.buttons = [this.begin, this.again].map((place) => place.querySelector("button"));
    for (const button of this.buttons) button.addEventListener("click", () => this.run());
    this.enable(true);
  }

  enable(isEnabled) {
    for (const button of this.buttons) {
      button.disabled = !isEnabled;
      button.dataset.name ??= button.textContent;
      button.textContent = isEnabled ? button.dataset.name : "Checking …";
    }
  }

  async run() {
    this.enable(false);
    this.results = {};
    if (this.trial.video) this.trial.video.hidden = true;
    await this.source.close();
    try {
      if (await this.checkBrowser()) await Promise.all([this.checkDevices(), this.checkSpeed()]);
    } finally {
      this.enable(true); // whatever went wrong, the check can be tried again
      this.conclude();
      this.offerAgain();
    }
  }

  /** From now on the check is no longer the next step. A button that was pressed and switched off has lost the focus. */
  offerAgain() {
    this.begin.hidden = true;
    this.again.hidden = false;
    if (this.buttons.includes(document.activeElement) || document.activeElement === document.body) this.buttons[1].focus();
  }

  async checkBrowser() {
    if (!this.rows.includes("browser")) return true;
    const trouble = this.source.trouble();
    if (trouble) {
      this.row("browser", "fail", trouble.message, trouble.advice);
      return false;
    }
    const store = await Store.open(() => {});
    const format = recordingType().container.toUpperCase();
    if (store.isDurable) this.row("browser", "pass", `Records ${format}.`);
    else this.row("browser", "warn", `Records ${format}, but keeps nothing.`, "Probably a private window. It works; do not reload or close the page before everything is sent.");
    return true;
  }

  async checkDevices() {
    this.row("camera", "busy", this.root.dataset.opening);
    this.row("microphone", "busy", "");
    try {
      await this.takeSeat();
      this.showPicture(await this.source.open());
    } catch (trouble) {
      this.row("camera", "fail", trouble.message, trouble.advice);
      this.row("microphone", "fail", "Not opened, because the camera was not.");
      this.row("recording", "fail", "Not tried, because nothing was opened.");
      return;
    }
    await Promise.all([this.listen(), this.checkRecording()]);
  }

  /** What is recorded can be played: the only proof that it will be of use. */
  async checkRecording() {
    if (!this.rows.includes("recording")) return;
    this.row("recording", "busy", "Recording three seconds, then playing them.");
    try {
      const { bytes, seconds, width, height } = await this.trial.run();
      this.trial.video.hidden = false;
      const made = `${seconds.toFixed(0)} s, ${Math.round(bytes / 1000)} kB, ${width} × ${height} pixels.`;
      this.row("recording", "pass", `${made} Play it: this is how you look and sound.`);
    } catch (trouble) {
      if (!(trouble instanceof DeviceTrouble)) throw trouble;
      this.row("recording", "fail", trouble.message, trouble.advice);
    }
  }

  /** A machine that records by itself has its devices for one page only: the one with the seat. */
  async takeSeat() {
    if (this.source.needsNetwork || (await this.seat.take(false))) return;
    throw new DeviceTrouble("This interview is open in another tab", "Close it there, wait a quarter of a minute, then check again.");
  }

  showPicture({ width, height }) {
    this.root.querySelector("[data-camera]").hidden = false;
    this.root.querySelector("[data-no-picture]").hidden = true;
    this.row("camera", "pass", `${width} × ${height} pixels. Sit so that your whole face is in the picture.`);
  }

  /** Resolves once we heard something, or after a while without; the meter moves on either way. */
  listen() {
    this.row("microphone", "busy", "Say a few words: the bars should move.");
    return new Promise((resolve) => {
      const onSilence = () => {
        this.row("microphone", "warn", "We hear nothing yet.", this.root.dataset.unheard);
        resolve();
      };
      const timer = setTimeout(onSilence, LISTEN_MS);
      this.source.meter.onLevel = (dbfs) => {
        if (dbfs < HEARD_DBFS || this.results.microphone === "pass") return;
        clearTimeout(timer);
        this.row("microphone", "pass", "We hear you.");
        this.conclude();
        resolve();
      };
    });
  }

  async checkSpeed() {
    if (!this.rows.includes("speed")) return;
    this.row("speed", "busy", "Sending a few bytes to see how long they take.");
    try {
      const mbitS = await this.measureSpeed();
      const text = `${mbitS.toFixed(1)} Mbit/s up.`;
      if (mbitS >= NEEDED_MBIT_S) this.row("speed", "pass", text);
      else this.row("speed", "warn", text, "Slower than a recording. It works: answers are kept here first and sent while you go on.");
    } catch (error) {
      this.row("speed", "fail", "The server could not be reached.", `Check your connection, then check again. (${error.message})`);
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

  row(name, result, text, advice = "") {
    if (!this.rows.includes(name)) return;
    this.results[name] = result;
    const row = this.root.querySelector(`[data-row="${name}"]`);
    const [mark, word] = MARKS[result];
    row.dataset.result = result;
    row.querySelector("[data-mark]").textContent = mark;
    row.querySelector("[data-word]").textContent = word;
    row.querySelector("[data-what]").textContent = text;
    const cure = row.querySelector("[data-cure]");
    cure.textContent = advice;
    cure.hidden = !advice;
  }

  conclusion(results, isFine) {
    if (results.includes("fail")) return "Something needs you: see the rows marked ▲.";
    if (!isFine) return "";
    if (this.results.microphone === "warn") return "Not ready yet: say something first, so that we hear you. You can go on all the same.";
    return results.includes("warn") ? "You are ready. Read the row marked ◆ first." : "You are ready.";
  }

  conclude() {
    const results = Object.values(this.results);
    const isDone = this.rows.every((name) => this.results[name] && this.results[name] !== "busy");
    const isFine = isDone && !results.includes("fail");
    this.root.querySelector("[data-go]").hidden = !isFine;
    this.root.querySelector("[data-conclusion]").textContent = this.conclusion(results, isFine);
  }
}

function randomBytes(count) {
  const bytes = new Uint8Array(count); // random, so that nothing on the way can compress them
  for (let at = 0; at < count; at += RANDOM_MAX_BYTES) crypto.getRandomValues(bytes.subarray(at, at + RANDOM_MAX_BYTES));
  return bytes;
}

document.documentElement.dataset.started = "";
new Check(document.getElementById("check"));
