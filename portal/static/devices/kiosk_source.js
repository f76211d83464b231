// Picture and sound from the devices of the machine that serves this page. It records to its own disk; this page shows what
// its camera sees, starts and stops, and asks a few times a second how things stand. That asking keeps the devices ours.

import { Problem, isPassing } from "../server/api.js";
import { Meter } from "./level_meter.js";
import { DeviceTrouble } from "./device_trouble.js";

const ASK_EVERY_MS = 200; // the bars still look alive
const ASK_AGAIN_MS = 1_000; // while the server cannot be reached; the recording goes on meanwhile
const UNSEEN_ASKS = 10; // the picture stood still for so long: ask for it anew
const ADVICE = "Then try again.";
const SILENT = "No sound comes from the microphone. The picture is still recorded. Tell the team, or stop here and go on later.";
const ENDS = {
  camera_lost: "The camera stopped",
  disk_full: "The machine has no room left and stopped",
  too_large: "The recording became too large and was stopped",
  time_up: "Time was up",
};

export class KioskSource {
  needsNetwork = false; // what is recorded is where it belongs

  constructor(root, api, seat) {
    Object.assign(this, { api, seat, camera: root.querySelector("[data-camera]"), running: null, timer: null });
    this.remark = root.querySelector("[data-if=device]");
    this.meter = new Meter(root.querySelectorAll("[data-bar]"));
    this.pictures = 0; // how often the picture was asked for
    this.unseen = 0;
  }

  trouble() {
    return null;
  }

  /** End what an earlier load of this page left running. */
  settle() {
    return this.api.post("kiosk/stop", { tab: this.seat.tab });
  }

  async open() {
    try {
      const status = await this.api.post("kiosk/hold", { tab: this.seat.tab });
      if (!status.is_watched) this.#showPicture();
      this.timer ??= setTimeout(() => this.#ask(), ASK_EVERY_MS);
      return status.camera;
    } catch (error) {
      throw error instanceof Problem && !isPassing(error) && error.status !== 401 ? new DeviceTrouble(error.message, ADVICE) : error;
    }
  }

  async close() {
    clearTimeout(this.timer);
    this.timer = null;
    if (!this.pictures) return;
    this.camera.removeAttribute("src");
    this.pictures = 0;
    await this.api.post("kiosk/release", { tab: this.seat.tab }).catch((error) => console.info("Not released:", error.message));
  }

  begin(wish) {
    return this.api.post("kiosk/answers", { ...wish, tab: this.seat.tab });
  }

  recorder(job, told) {
    this.running = new KioskRecorder(this, job, told);
    return this.running;
  }

  #showPicture() {
    this.pictures += 1;
    this.unseen = 0;
    this.camera.src = `${this.api.base}/kiosk/preview?tab=${this.seat.tab}&n=${this.pictures}`;
  }

  /** What the person should know of the devices; the check has rows for that. */
  #remark(text) {
    if (!this.remark) return;
    this.remark.hidden = !text;
    this.remark.querySelector("[data-text]").textContent = text;
  }

  async #ask() {
    let againMs = ASK_EVERY_MS;
    try {
      this.#heard(await this.api.get(`kiosk/status?tab=${this.seat.tab}`));
    } catch (error) {
      if (!isPassing(error)) console.info("The devices do not answer:", error.message);
      [againMs, this.unseen] = [ASK_AGAIN_MS, UNSEEN_ASKS];
    }
    if (this.timer !== null) this.timer = setTimeout(() => this.#ask(), againMs);
  }

  #heard(status) {
    this.running?.heard(status);
    if (!status.is_held) return;
    this.meter.show(status.level_dbfs);
    this.#remark(status.is_silent ? SILENT : "");
    this.unseen = status.is_watched ? 0 : this.unseen + 1;
    if (this.unseen > UNSEEN_ASKS && !status.camera.is_gone) this.#showPicture();
  }
}

/** The recording that runs on the machine, as this page knows it. */
class KioskRecorder {
  constructor(source, job, { onLost, onSaved }) {
    Object.assign(this, { source, job, onLost, onSaved, startedAt: null, endedMs: null });
    this.lastBlob = Promise.resolve(); // pieces never come to this page
  }

  /** It runs already: the answer began with it. */
  async start() {
    this.startedAt = performance.now() - this.job.station.recording.recorded_ms;
  }

  get isRunning() {
    return this.startedAt !== null && this.endedMs === null;
  }

  get recordedMs() {
    if (this.startedAt === null) return 0;
    return this.endedMs ?? performance.now() - this.startedAt;
  }

  /** Resolves to true once everything is on the machine's disk. */
  async stop() {
    this.endedMs = this.recordedMs;
    const recording = this.#ours(await this.#stopped());
    if (recording) this.endedMs = recording.recorded_ms;
    // Where nobody knows how much there is, the server is asked before the answer is completed.
    Object.assign(this.job, { sent_bytes: recording?.saved_bytes ?? null, stored_bytes: recording?.saved_bytes ?? 0 });
    return true;
  }

  heard(status) {
    if (!this.isRunning) return;
    const recording = this.#ours(status);
    if (!recording?.is_running) return this.onLost(ENDS[recording?.end] ?? "The recording stopped");
    Object.assign(this.job, { sent_bytes: recording.saved_bytes, stored_bytes: recording.saved_bytes, saved_ms: recording.saved_ms });
    this.onSaved();
  }

  #ours({ recording }) {
    return recording?.answer === this.job.answer_id ? recording : null;
  }

  async #stopped() {
    for (;;) {
      try {
        return await this.source.settle();
      } catch (error) {
        if (error.status === 409) return { recording: null }; // the seat was taken over; who has it settles this
        if (!isPassing(error) && error.status !== 401) throw error;
        await new Promise((resolve) => setTimeout(resolve, ASK_AGAIN_MS));
      }
    }
  }
}
