// Picture and sound from the devices of the candidate's own browser. They are recorded here and uploaded in pieces.

import { LevelMeter, StreamLevel } from "./level_meter.js";
import { browserTrouble, closeDevices, openDevices } from "./media_devices.js";
import { Recorder, recordingType } from "./recorder.js";

export class BrowserSource {
  needsNetwork = true; // a recording is only in this browser until it is sent

  constructor(root, api, seat) {
    Object.assign(this, { api, seat, camera: root.querySelector("[data-camera]") });
    this.meter = new LevelMeter(root.querySelectorAll("[data-bar]"));
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
    if (!this.stream?.getTracks().every((track) => track.readyState === "live")) {
      await this.close();
      this.stream = await openDevices();
      this.camera.srcObject = this.stream;
      this.level = new StreamLevel(this.stream, (dbfs) => this.meter.show(dbfs));
    }
    return this.stream.getVideoTracks()[0].getSettings();
  }

  /** The camera's light goes out. */
  async close() {
    closeDevices(this.stream);
    await this.level?.stop();
    this.level = this.stream = null;
  }

  /** An upright picture gets an upright stage; the device may be turned at any time. */
  #fitStage() {
    const { videoWidth, videoHeight } = this.camera;
    this.camera.closest("[data-stage]").toggleAttribute("data-upright", videoHeight > videoWidth);
  }

  get container() {
    return recordingType().container;
  }

  /** Create a new answer, or the continuation of one, at the server. */
  begin(wish) {
    return this.api.post("answers", { ...wish, tab: this.seat.tab });
  }

  /** `listener` has onBlob, onLost, onTurn and onPause. */
  recorder(upload, listener) {
    return new Recorder(this.stream, { ...listener, preview: this.camera });
  }
}
