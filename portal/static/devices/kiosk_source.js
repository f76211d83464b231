// Picture and sound from the devices of the machine that serves this page (a kiosk). The machine records to its own
// disk; this page shows its camera, starts and stops recordings, and asks for their status a few times a second. These
// requests also tell the machine that this page still uses its devices.

import { elementIn, elementsIn } from "../page/elements.js";
import { Problem, isPassing } from "../server/api.js";
import { gettext as _ } from "../site/gettext.js";
import { DeviceTrouble } from "./device_trouble.js";
import { LevelMeter } from "./level_meter.js";
import { TimedRecorder } from "./timed_recorder.js";

/** @import { Api } from "../server/api.js" */
/** @import { Seat } from "../server/seat.js" */
/**
 * The upload of an answer, as far as this file knows it.
 * @typedef {object} MachineUpload
 * @property {string} answer_id
 * @property {{ recording: StationRecording | null }} [station]
 * @property {(savedBytes: number | null, savedMs?: number) => void} recordedByMachine
 */

const ASK_EVERY_MS = 200; // often enough for the bars of the meter to look alive
const ASK_AGAIN_MS = 1_000; // while the server cannot be reached; the recording continues meanwhile
const UNSEEN_ASKS = 10; // so many replies without a preview: request the preview again
/** @type {Record<string, () => string>} */
const ENDS = {
  camera_lost: () => _("The camera stopped"),
  disk_full: () => _("The machine has no room left and stopped"),
  too_large: () => _("The recording became too large and was stopped"),
  time_up: () => _("Time was up"),
};

export class KioskSource {
  needsNetwork = false; // the recording is already stored at the server
  container = undefined; // the machine decides

  /**
   * @param {HTMLElement} root
   * @param {Api} api
   * @param {Seat} seat
   */
  constructor(root, api, seat) {
    this.api = api;
    this.seat = seat;
    this.camera = elementIn(root, "[data-camera]", HTMLImageElement);
    /** @type {KioskRecorder | null} */
    this.running = null;
    /** @type {ReturnType<typeof setTimeout> | null} */
    this.timer = null;
    this.remark = elementsIn(root, "[data-if=device]")[0];
    this.meter = new LevelMeter(elementsIn(root, "[data-bar]"));
    this.previews = 0; // how often the preview was requested
    this.unseen = 0; // how many replies in a row said that no preview is sent
  }

  trouble() {
    return null;
  }

  /**
   * End a recording that an earlier load of this page left running.
   * @returns {Promise<{ recording: StationRecording | null }>}
   */
  settle() {
    return this.api.post("kiosk/stop", { tab: this.seat.tab });
  }

  /** @returns {Promise<CameraStatus>} */
  async open() {
    try {
      const status = await this.api.post("kiosk/hold", { tab: this.seat.tab });
      if (!status.is_watched) this.#showPreview();
      this.timer ??= setTimeout(() => this.#ask(), ASK_EVERY_MS);
      return status.camera;
    } catch (error) {
      const isRefusal = error instanceof Problem && error.status !== 401 && !isPassing(error);
      throw isRefusal ? new DeviceTrouble(error.message, _("Then try again.")) : error;
    }
  }

  async close() {
    clearTimeout(this.timer ?? undefined);
    this.timer = null;
    if (!this.previews) return;
    this.camera.removeAttribute("src");
    this.previews = 0;
    /** @param {Error} error */
    const onError = (error) => console.info("The devices were not released:", error.message);
    await this.api.post("kiosk/release", { tab: this.seat.tab }).catch(onError);
  }

  /**
   * @param {Wish} wish
   * @returns {Promise<AnswerReply>}
   */
  begin(wish) {
    return this.api.post("kiosk/answers", { ...wish, tab: this.seat.tab });
  }

  /**
   * @param {MachineUpload} upload
   * @param {RecorderListener} listener
   */
  recorder(upload, listener) {
    this.running = new KioskRecorder(this, upload, listener);
    return this.running;
  }

  #showPreview() {
    this.previews += 1;
    this.unseen = 0;
    this.camera.src = `${this.api.base}/kiosk/preview?tab=${this.seat.tab}&n=${this.previews}`;
  }

  /**
   * A remark about the devices for the candidate; the device check has no such part, because it has rows for this.
   * @param {string} text
   */
  #showRemark(text) {
    if (!this.remark) return;
    this.remark.hidden = !text;
    elementIn(this.remark, "[data-text]").textContent = text;
  }

  async #ask() {
    let againMs = ASK_EVERY_MS;
    try {
      this.#statusCame(await this.api.get(`kiosk/status?tab=${this.seat.tab}`));
    } catch (error) {
      if (!isPassing(error)) console.info("The devices do not answer:", error.message);
      [againMs, this.unseen] = [ASK_AGAIN_MS, UNSEEN_ASKS];
    }
    if (this.timer !== null) this.timer = setTimeout(() => this.#ask(), againMs);
  }

  /** @param {StationStatus} status */
  #statusCame(status) {
    this.running?.statusCame(status);
    if (!status.is_held) return;
    this.meter.show(status.level_dbfs);
    this.#showRemark(status.is_silent ? silentRemark() : "");
    this.unseen = status.is_watched ? 0 : this.unseen + 1;
    if (this.unseen > UNSEEN_ASKS && !status.camera.is_gone) this.#showPreview();
  }
}

function silentRemark() {
  return _(
    "No sound comes from the microphone. The picture is still recorded. Tell the team, or stop here and go on later.",
  );
}

/** The recording that runs on the machine, as this page knows it. */
class KioskRecorder extends TimedRecorder {
  /**
   * @param {KioskSource} source
   * @param {MachineUpload} upload
   * @param {RecorderListener} options
   */
  constructor(source, upload, { onLost = () => {}, onSaved = () => {} }) {
    super();
    this.source = source;
    this.upload = upload;
    this.onLost = onLost;
    this.onSaved = onSaved;
    this.lastBlob = Promise.resolve(); // the machine stores the bytes; none come to this page
  }

  /** The machine started to record when it created the answer. */
  async start() {
    this.startedAt = performance.now() - (this.upload.station?.recording?.recorded_ms ?? 0);
  }

  /** Resolves to true once everything is on the machine's disk. */
  async stop() {
    this.endedMs = this.recordedMs;
    const recording = this.#ours(await this.#stopped());
    if (recording) this.endedMs = recording.recorded_ms;
    this.upload.recordedByMachine(recording?.saved_bytes ?? null); // null: the uploader asks the server first
    return true;
  }

  /** @param {StationStatus} status */
  statusCame(status) {
    if (!this.isRunning) return;
    const recording = this.#ours(status);
    if (!recording?.is_running) return this.onLost(ENDS[recording?.end ?? ""]?.() ?? _("The recording stopped"));
    this.upload.recordedByMachine(recording.saved_bytes, recording.saved_ms);
    this.onSaved();
  }

  /** @param {{ recording: StationRecording | null }} options */
  #ours({ recording }) {
    return recording?.answer === this.upload.answer_id ? recording : null;
  }

  /** @returns {Promise<{ recording: StationRecording | null }>} */
  async #stopped() {
    for (;;) {
      try {
        return await this.source.settle();
      } catch (error) {
        if (error.status === 409) return { recording: null }; // another tab took the seat, and it ends this recording
        if (!isPassing(error) && error.status !== 401) throw error;
        await new Promise((resolve) => setTimeout(resolve, ASK_AGAIN_MS));
      }
    }
  }
}
