// Picture and sound from this browser's own devices, recorded here and sent up piece by piece.

import { browserTrouble, closeDevices, openDevices } from "./devices.js";
import { Meter, StreamEar } from "./meter.js";
import { Recorder, recordingType } from "./recorder.js";

export class BrowserSource {
  needsNetwork = true; // what is recorded is here until it is sent

  constructor(root, api, seat) {
    Object.assign(this, { api, seat, camera: root.querySelector("[data-camera]") });
    this.meter = new Meter(root.querySelectorAll("[data-bar]"));
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

  /** A new answer, or the continuation of one, at the server. */
  begin(wish) {
    return this.api.post("answers", { ...wish, tab: this.seat.tab, container: recordingType().container });
  }

  recorder(job, uploader, onLost) {
    const onBlob = (blob, untilMs) => uploader.addBlob(job, blob, untilMs);
    return new Recorder(this.stream, { onBlob, onLost: () => onLost("Your camera or microphone stopped") });
  }

  /** Play back what a recorder recorded. */
  play(video, recorder) {
    if (video.src) URL.revokeObjectURL(video.src);
    video.src = URL.createObjectURL(new Blob(recorder.blobs, { type: recordingType().mimeType }));
  }
}
