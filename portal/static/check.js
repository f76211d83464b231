// The device check: browser, camera, microphone and upload speed, each row with its result and, where needed, the cure.
// Sends nothing but random bytes to time them; the picture and the sound stay in this page.

import { pageApi } from "./api.js";
import { browserTrouble, closeDevices, openDevices } from "./devices.js";
import { Meter } from "./meter.js";
import { recordingType } from "./recorder.js";
import { Store } from "./store.js";

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
    this.begin = root.querySelector("[data-begin]");
    this.again = root.querySelector("[data-again]");
    this.buttons = [this.begin, this.again].map((place) => place.querySelector("button"));
    for (const button of this.buttons) button.addEventListener("click", () => this.run());
    this.enable(true);
  }

  enable(isEnabled) {
    for (const button of this.buttons) button.disabled = !isEnabled;
  }

  async run() {
    this.enable(false);
    this.results = {};
    await this.stop();
    if (await this.checkBrowser()) await Promise.all([this.checkDevices(), this.checkSpeed()]);
    this.enable(true);
    this.conclude();
    this.offerAgain();
  }

  /** From now on the check is no longer the next step; the focus stays where the pressed button was. */
  offerAgain() {
    if (this.begin.hidden) return;
    this.begin.hidden = true;
    this.again.hidden = false;
    if (document.activeElement === document.body) this.again.querySelector("button").focus();
  }

  async stop() {
    await this.meter?.stop();
    closeDevices(this.stream);
    this.meter = this.stream = null;
  }

  async checkBrowser() {
    const trouble = browserTrouble();
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
    this.row("camera", "busy", "Your browser asks whether this page may use it: allow it.");
    this.row("microphone", "busy", "");
    try {
      this.stream = await openDevices();
    } catch (trouble) {
      this.row("camera", "fail", trouble.message, trouble.advice);
      this.row("microphone", "fail", "Not opened, because the camera was not.");
      return;
    }
    await this.showPicture();
    await this.listen();
  }

  async showPicture() {
    const video = this.root.querySelector("[data-camera]");
    video.hidden = false;
    video.srcObject = this.stream;
    await video.play();
    this.root.querySelector("[data-no-picture]").hidden = true;
    const { width, height } = this.stream.getVideoTracks()[0].getSettings();
    this.row("camera", "pass", `${width} × ${height} pixels. Sit so that your whole face is in the picture.`);
  }

  /** Resolves once we heard something, or after a while without; the meter moves on either way. */
  listen() {
    this.row("microphone", "busy", "Say a few words: the bars should move.");
    return new Promise((resolve) => {
      const onSilence = () => {
        this.row("microphone", "warn", "We hear nothing yet.", "Say something louder, or choose another microphone in the browser's address bar.");
        resolve();
      };
      const timer = setTimeout(onSilence, LISTEN_MS);
      const onLevel = (dbfs) => {
        if (dbfs < HEARD_DBFS || this.results.microphone === "pass") return;
        clearTimeout(timer);
        this.row("microphone", "pass", "We hear you.");
        this.conclude();
        resolve();
      };
      this.meter = new Meter(this.root.querySelectorAll("[data-bar]"), onLevel);
      this.meter.start(this.stream);
    });
  }

  async checkSpeed() {
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

  conclude() {
    const results = Object.values(this.results);
    const isDone = ["browser", "camera", "microphone", "speed"].every((name) => this.results[name] && this.results[name] !== "busy");
    const isFine = isDone && !results.includes("fail");
    this.root.querySelector("[data-go]").hidden = !isFine;
    const text = results.includes("fail") ? "Something needs you: see the rows marked ▲." : isFine ? "You are ready." : "";
    this.root.querySelector("[data-conclusion]").textContent = text;
  }
}

function randomBytes(count) {
  const bytes = new Uint8Array(count); // random, so that nothing on the way can compress them
  for (let at = 0; at < count; at += RANDOM_MAX_BYTES) crypto.getRandomValues(bytes.subarray(at, at + RANDOM_MAX_BYTES));
  return bytes;
}

new Check(document.getElementById("check"));
