// Records a few seconds and plays them, because some browsers deliver nothing, or a recording that cannot be played.
// Nothing is sent.

import { DeviceTrouble } from "../devices/device_trouble.js";
import { nothingCame } from "../devices/recorder.js";
import { gettext as _ } from "../site/gettext.js";

/** @import { BrowserSource } from "../devices/browser_source.js" */

const RECORDED_MS = 3_000; // the time of six pieces
const PLAYED_MS = 1_000; // more than the first picture
const PLAYS_WITHIN_MS = 10_000; // a slow phone needs two seconds
const LOOK_EVERY_MS = 100;

export class TestRecording {
  /**
   * It is played in the element `video`, without sound until somebody turns the sound on.
   * @param {BrowserSource} source
   * @param {HTMLVideoElement} video
   */
  constructor(source, video) {
    this.source = source;
    this.video = video;
    /** @type {string | null} */
    this.address = null;
  }

  /** Resolves to { bytes, seconds, width, height }. Throws DeviceTrouble. */
  async run() {
    this.#forget();
    const { recorder, blobs } = await this.#recorded();
    const blob = new Blob(blobs, { type: recorder.type });
    if (!blob.size) throw unusable(nothingCame());
    this.address = URL.createObjectURL(blob);
    await this.#play();
    const { videoWidth, videoHeight } = this.video;
    return { bytes: blob.size, seconds: recorder.recordedMs / 1000, width: videoWidth, height: videoHeight };
  }

  async #recorded() {
    let isLost = false;
    /** @type {Blob[]} */
    const blobs = [];
    /** @type {RecorderListener} */
    const listener = { onBlob: (blob) => blobs.push(blob), onLost: () => (isLost = true) };
    const recorder = this.source.recorder(null, listener);
    await recorder.start().catch((/** @type {Error} */ { message }) => {
      throw unusable(message);
    });
    while (!isLost && (recorder.recordedMs < RECORDED_MS || !blobs.length)) await pause(LOOK_EVERY_MS);
    await recorder.stop();
    await recorder.lastBlob;
    return { recorder, blobs };
  }

  async #play() {
    const { video } = this;
    Object.assign(video, { muted: true, src: this.address });
    void video.play().catch((error) => console.info("The test recording does not play:", error.name)); // noticed below
    const until = performance.now() + PLAYS_WITHIN_MS;
    while (video.currentTime * 1000 < PLAYED_MS && !video.ended) {
      if (video.error || performance.now() > until) throw unusable(_("What this browser records cannot be played"));
      await pause(LOOK_EVERY_MS);
    }
    if (!video.videoWidth) throw unusable(_("There is no picture in what this browser records"));
    if (isSilent(video)) throw unusable(_("There is no sound in what this browser records"));
  }

  #forget() {
    this.video.removeAttribute("src");
    this.video.load();
    if (this.address) URL.revokeObjectURL(this.address);
    this.address = null;
  }
}

/** @param {string} title */
function unusable(title) {
  const advice = _(
    "Camera and microphone may work all the same. Use another browser or another device: your interview waits for you.",
  );
  return new DeviceTrouble(title, advice);
}

/**
 * Whether it has no sound track. Each browser tells this in its own way; where none does, we assume sound.
 * @param {HTMLVideoElement} video
 */
function isSilent(video) {
  return video.webkitAudioDecodedByteCount === 0 || video.mozHasAudio === false || video.audioTracks?.length === 0;
}

/** @param {number} ms */
function pause(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
