// Picture and sound from this browser's own devices, recorded here and sent up piece by piece.

import { browserTrouble, closeDevices, openDevices } from "./media_devices.js";
import { Meter, StreamEar } from "./level_meter.js";
import { Recorder, recordingType } from "./recorder.js";

export class BrowserSource {
  needsNetwork = true; // what is recorded is here until it is sent

  constructor(root, api, seat) {
    Object.assign(this, { api, seat, camera: root.querySelector("[data-camera]") });
    this.meter = new Meter(root.querySelectorAll("[data-bar]"));
    this.camera.addEventListener("resize", () => this.#fitStage());
  }

  /** Why nothing can be recorded here at all, or null. */
  trouble() {
    return browserTrouble();
  }

  /** An earlier load of this page records no more. */
  async settle() {}

  /** Camera and microphone run and are shown; resolves to the picture's size. Throws DeviceTrouble. */
  async open() {
    if (!this.stream?.getTracks().every((track) => track.readyState === "live")) {
      await this.close();
      this.stream = await openDevices();
      this.camera.srcObject = this.stream;
      this.ear = new StreamEar(this.stream, (dbfs) => this.meter.show(dbfs));
    }
    return this.stream.getVideoTracks()[0].getSettings();
  }

  /** The camera's light goes out. */
  async close() {
    closeDevices(this.stream);
    await this.ear?.stop();
    this.ear = this.stream = null;
  }

  /** An upright picture has an upright place; the device may be turned at any time. */
  #fitStage() {
    const { videoWidth, videoHeight } = this.camera;
    this.camera.closest("[data-stage]").toggleAttribute("data-upright", videoHeight > videoWidth);
  }

  get container() {
    return recordingType().container;
  }

  /** A new answer, or the continuation of one, at the server. */
  begin(wish) {
    return this.api.post("answers", { ...wish, tab: this.seat.tab });
  }

  /** `told` hears what happens to it: onBlob, onLost, onTurn, onPause. */
  recorder(job, told) {
    return new Recorder(this.stream, { ...told, preview: this.camera });
  }
}
