// Records a few seconds and plays them, to see whether what this browser records can be used at all: some deliver nothing,
// or what nobody can play. Nothing leaves the page.

import { NOTHING_CAME } from "../devices/recorder.js";
import { DeviceTrouble } from "../devices/device_trouble.js";

const TRIAL_MS = 3_000; // six pieces
const PLAYED_MS = 1_000; // more than the first picture
const PLAYS_WITHIN_MS = 10_000; // a slow phone needs two seconds
const LOOK_EVERY_MS = 100;
const ADVICE = "Camera and microphone may work all the same. Use another browser or another device: your interview waits for you.";

export class Trial {
  /** Plays in `video`, without sound until somebody wants to hear it. */
  constructor(source, video) {
    Object.assign(this, { source, video, address: null });
  }

  /** Resolves to { bytes, seconds, width, height }. Throws DeviceTrouble. */
  async run() {
    this.#forget();
    const { recorder, blobs } = await this.#recorded();
    const blob = new Blob(blobs, { type: recorder.type });
    if (!blob.size) throw new DeviceTrouble(NOTHING_CAME, ADVICE);
    this.address = URL.createObjectURL(blob);
    await this.#play();
    const { videoWidth, videoHeight } = this.video;
    return { bytes: blob.size, seconds: recorder.recordedMs / 1000, width: videoWidth, height: videoHeight };
  }

  async #recorded() {
    let isLost = false;
    const blobs = [];
    const recorder = this.source.recorder(null, { onBlob: (blob) => blobs.push(blob), onLost: () => (isLost = true) });
    await recorder.start().catch(({ message }) => {
      throw new DeviceTrouble(message, ADVICE);
    });
    while (!isLost && (recorder.recordedMs < TRIAL_MS || !blobs.length)) await pause(LOOK_EVERY_MS);
    await recorder.stop();
    await recorder.lastBlob;
    return { recorder, blobs };
  }

  async #play() {
    const { video } = this;
    Object.assign(video, { muted: true, src: this.address });
    video.play().catch((error) => console.info("The trial does not play:", error.name)); // seen below by its clock
    const until = performance.now() + PLAYS_WITHIN_MS;
    while (video.currentTime * 1000 < PLAYED_MS && !video.ended) {
      if (video.error || performance.now() > until) throw new DeviceTrouble("What this browser records cannot be played", ADVICE);
      await pause(LOOK_EVERY_MS);
    }
    if (!video.videoWidth) throw new DeviceTrouble("There is no picture in what this browser records", ADVICE);
    if (isSilent(video)) throw new DeviceTrouble("There is no sound in what this browser records", ADVICE);
  }

  #forget() {
    this.video.removeAttribute("src");
    this.video.load();
    if (this.address) URL.revokeObjectURL(this.address);
    this.address = null;
  }
}

/** Whether it has no sound track. Each browser tells it in its own way; where one does not, it counts as heard. */
function isSilent(video) {
  return video.webkitAudioDecodedByteCount === 0 || video.mozHasAudio === false || video.audioTracks?.length === 0;
}

function pause(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
