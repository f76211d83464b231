// Picture and sound from the devices of the candidate's own browser. They are recorded here and uploaded in pieces.

import { elementIn, elementsIn } from "../page/elements.js";
import { LevelMeter, StreamLevel } from "./level_meter.js";
import { browserTrouble, closeDevices, openDevices } from "./media_devices.js";
import { Recorder, recordingType } from "./recorder.js";

/** @import { Api } from "../server/api.js" */
/** @import { Seat } from "../server/seat.js" */

export class BrowserSource {
  needsNetwork = true; // a recording is only in this browser until it is sent

  /**
   * @param {HTMLElement} root
   * @param {Api} api
   * @param {Seat} seat
   */
  constructor(root, api, seat) {
    this.api = api;
    this.seat = seat;
    this.camera = elementIn(root, "[data-camera]", HTMLVideoElement);
    /** @type {MediaStream | null} */
    this.stream = null;
    /** @type {StreamLevel | null} */
    this.level = null;
    this.meter = new LevelMeter(elementsIn(root, "[data-bar]"));
    this.camera.addEventListener("resize", () => this.#fitStage());
  }

  /** Why this browser cannot record at all, or null. */
  trouble() {
    return browserTrouble();
  }

  /** A recording of an earlier load ended with that page. */
  async settle() {}

  /** Start camera and microphone and show them. Resolves to the picture's size. Throws DeviceTrouble. */
  async open() {
    const isLive = this.stream?.getTracks().every((track) => track.readyState === "live");
    const stream = isLive && this.stream ? this.stream : await this.#reopen();
    return stream.getVideoTracks()[0].getSettings();
  }

  async #reopen() {
    await this.close();
    const stream = await openDevices();
    this.stream = this.camera.srcObject = stream;
    this.level = new StreamLevel(stream, (dbfs) => this.meter.show(dbfs));
    return stream;
  }

  /** The camera's light goes out. */
  async close() {
    closeDevices(this.stream);
    await this.level?.stop();
    this.level = null;
    this.stream = null;
  }

  /** An upright picture gets an upright stage; the device may be turned at any time. */
  #fitStage() {
    const { videoWidth, videoHeight } = this.camera;
    this.camera.closest("[data-stage]")?.toggleAttribute("data-upright", videoHeight > videoWidth);
  }

  get container() {
    return recordingType()?.container;
  }

  /**
   * Create a new answer, or the continuation of one, at the server.
   * @param {Wish} wish
   * @returns {Promise<AnswerReply>}
   */
  begin(wish) {
    return this.api.post("answers", { ...wish, tab: this.seat.tab });
  }

  /**
   * `listener` has onBlob, onLost, onTurn and onPause.
   * @param {unknown} upload
   * @param {RecorderListener} listener
   */
  recorder(upload, listener) {
    const stream = /** @type {MediaStream} */ (this.stream); // open() was called before
    return new Recorder(stream, { ...listener, preview: this.camera });
  }
}
