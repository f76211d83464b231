// Records one answer from a camera stream: blobs about once a second, and how long it has run.
// Knows nothing of questions, storage or the network.

// What Chromium (MP4 with H.264), Safari (the same with AAC) and Firefox (WebM) can make; first supported wins.
const TYPES = [
  { container: "mp4", mimeType: 'video/mp4;codecs="avc1.42E01E,mp4a.40.2"' },
  { container: "mp4", mimeType: 'video/mp4;codecs="avc1.42E01E,opus"' },
  { container: "webm", mimeType: 'video/webm;codecs="vp8,opus"' },
];
const BLOB_EVERY_MS = 1_000; // at most this much is lost in a crash
const VIDEO_BITS_PER_S = 1_000_000; // a clear face at 640×480
const AUDIO_BITS_PER_S = 64_000;

/** The type this browser will record, or undefined. */
export function recordingType() {
  if (typeof MediaRecorder === "undefined") return undefined;
  return TYPES.find((type) => MediaRecorder.isTypeSupported(type.mimeType));
}

export class Recorder {
  /** `onBlob(blob, untilMs)` and, when recording ends without stop(), `onLost()`. */
  constructor(stream, { onBlob, onLost }) {
    Object.assign(this, { stream, onBlob, onLost });
    this.blobs = []; // for playing back
    this.startedAt = null;
    this.endedMs = null;
    this.lastBlob = Promise.resolve();
  }

  /** Resolves once the recording really runs. */
  start() {
    this.recorder = new MediaRecorder(this.stream, {
      mimeType: recordingType().mimeType,
      videoBitsPerSecond: VIDEO_BITS_PER_S,
      audioBitsPerSecond: AUDIO_BITS_PER_S,
      videoKeyFrameIntervalDuration: BLOB_EVERY_MS, // else Chromium's MP4 delivers nearly everything at the end
    });
    this.recorder.ondataavailable = (event) => this.#take(event.data);
    this.recorder.onerror = () => this.#lost();
    this.stream.getTracks().forEach((track) => track.addEventListener("ended", () => this.#lost(), { once: true }));
    const running = new Promise((resolve) => (this.recorder.onstart = resolve));
    this.recorder.start(BLOB_EVERY_MS);
    return running.then(() => (this.startedAt = performance.now()));
  }

  get isRunning() {
    return this.startedAt !== null && this.endedMs === null;
  }

  /** How long the recording has run, on its own clock. */
  get recordedMs() {
    if (this.startedAt === null) return 0;
    return this.endedMs ?? performance.now() - this.startedAt;
  }

  /** Resolves when the last blob has been handed over. */
  async stop() {
    this.endedMs = this.recordedMs;
    if (this.recorder.state !== "inactive") {
      const stopped = new Promise((resolve) => (this.recorder.onstop = resolve));
      this.recorder.stop();
      await stopped;
    }
    await this.lastBlob;
  }

  #take(blob) {
    if (!blob.size) return;
    const untilMs = this.recordedMs;
    this.blobs.push(blob);
    this.lastBlob = this.lastBlob.then(() => this.onBlob(blob, untilMs)); // one after the other: their order is the file
  }

  #lost() {
    if (this.isRunning) this.onLost();
  }
}
