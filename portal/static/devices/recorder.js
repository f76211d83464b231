// Records one answer from a camera stream: blobs twice a second, and how long it has run. Notices what a browser does not
// say by itself: that nothing comes, that an event never comes, that the device paused a track, that the picture turned.
// Knows nothing of questions, storage or the network.

import { DeviceTrouble } from "./device_trouble.js";

// What Chromium (MP4 with H.264), Safari (the same with AAC) and Firefox (WebM) can make; first supported wins. `mayTurn`:
// avc3 writes the picture's size into the stream itself. avc1 names it once, and Chromium damages what comes after a turn.
// WebKit says that it makes avc3, and then delivers not one byte: it is asked of Chromium only.
const TYPES = [
  { container: "mp4", mayTurn: true, mimeType: 'video/mp4;codecs="avc3.42E01E,mp4a.40.2"' },
  { container: "mp4", mayTurn: true, mimeType: 'video/mp4;codecs="avc3.42E01E,opus"' },
  { container: "mp4", mayTurn: false, mimeType: 'video/mp4;codecs="avc1.42E01E,mp4a.40.2"' },
  { container: "mp4", mayTurn: false, mimeType: 'video/mp4;codecs="avc1.42E01E,opus"' },
  { container: "webm", mayTurn: true, mimeType: 'video/webm;codecs="vp8,opus"' },
];
const KEY_EVERY_MS = 500; // Chromium's MP4 hands over from one key picture to the next: a crash takes what is between
const BLOB_EVERY_MS = 400; // less than that, or Chromium skips every other one, and a crash takes twice as much
const VIDEO_BITS_PER_S = 1_000_000; // a clear face at 640×480
const AUDIO_BITS_PER_S = 64_000;
const START_WITHIN_MS = 8_000; // a slow phone needs two seconds to set its encoder up
const STOP_WITHIN_MS = 5_000; // the last piece is there within one; what came until then is kept in any case
const LOOK_EVERY_MS = 250;
const NOTHING_FOR_MS = 3_000; // six pieces
const LONGEST_LOOK_MS = 500; // a page that stood still itself is no sign of a recorder that does
const PAUSED_FOR_MS = 10_000; // longer than a headset needs to connect; a call lasts longer

const SAY_NOT_STARTED = "The recording did not start";
const NOT_STARTED_ADVICE = "Nothing was recorded and no take is used. Reload the page and try again, or use another browser.";
export const NOTHING_CAME = "This browser delivers no recording";
const STALLED = "This browser stopped delivering the recording";
const ENDED = "Your camera or microphone stopped";
const FAILED = "The recorder of this browser stopped";
const UNTAKEN = "A piece of the recording could not be kept";

/** The type this browser will record, or undefined. */
export function recordingType() {
  if (typeof MediaRecorder === "undefined") return undefined;
  const isChromium = "userAgentData" in navigator;
  return TYPES.find(({ mimeType }) => (isChromium || !mimeType.includes("avc3")) && MediaRecorder.isTypeSupported(mimeType));
}

export class Recorder {
  /**
   * `onBlob(blob, untilMs)`; `onLost(why)` when recording cannot go on; `onTurn()` when the picture's size changed and this
   * file cannot hold another one; `onPause(kind, isPaused)` when the device pauses "camera" or "microphone", or lets them on.
   * `preview` is the element that shows the stream.
   */
  constructor(stream, { onBlob, onLost = () => {}, onTurn = () => {}, onPause = () => {}, preview = null }) {
    Object.assign(this, { stream, onBlob, onLost, onTurn, onPause, preview });
    this.hasDelivered = false;
    this.startedAt = null;
    this.endedMs = null;
    this.lastBlob = Promise.resolve();
    this.isClosed = false;
    this.listening = new AbortController();
  }

  /** Resolves once the recording really runs; throws DeviceTrouble where it never does. */
  async start() {
    const calledAt = performance.now();
    try {
      const began = await within(START_WITHIN_MS, this.#begin());
      if (!began) throw new DeviceTrouble(SAY_NOT_STARTED, NOT_STARTED_ADVICE);
      this.startedAt = began === "start" ? performance.now() : calledAt;
    } catch (error) {
      this.#close();
      throw error instanceof DeviceTrouble ? error : new DeviceTrouble(`${SAY_NOT_STARTED} (${error.name})`, NOT_STARTED_ADVICE);
    }
    this.#watch();
  }

  /** Resolves to what said that it runs: the event, or, where a browser forgets that, the first bytes. */
  #begin() {
    this.recorder = new MediaRecorder(this.stream, {
      mimeType: recordingType().mimeType,
      videoBitsPerSecond: VIDEO_BITS_PER_S,
      audioBitsPerSecond: AUDIO_BITS_PER_S,
      videoKeyFrameIntervalDuration: KEY_EVERY_MS, // else Chromium's MP4 delivers nearly everything at the end
    });
    this.recorder.ondataavailable = (event) => this.#take(event.data);
    this.recorder.onerror = () => this.#lost(FAILED);
    this.stopped = new Promise((resolve) => (this.recorder.onstop = () => resolve("stop")));
    const began = new Promise((resolve) => {
      this.recorder.onstart = () => resolve("start");
      this.onFirstBlob = () => resolve("blob");
    });
    this.recorder.start(BLOB_EVERY_MS);
    return began;
  }

  get isRunning() {
    return this.startedAt !== null && this.endedMs === null;
  }

  /** How long the recording has run, on its own clock. */
  get recordedMs() {
    if (this.startedAt === null) return 0;
    return this.endedMs ?? performance.now() - this.startedAt;
  }

  get type() {
    return recordingType().mimeType;
  }

  /** Resolves to true, or to false where the recorder never said that it ended. `lastBlob` may still be handed over. */
  async stop() {
    this.endedMs = this.recordedMs;
    this.#unwatch();
    if (this.recorder.state !== "inactive") this.recorder.stop();
    const hasEnded = Boolean(await within(STOP_WITHIN_MS, this.stopped));
    this.isClosed = true; // what came after this would belong to no answer
    return hasEnded;
  }

  #take(blob) {
    if (!blob.size || this.isClosed) return;
    this.silentMs = 0;
    const untilMs = this.recordedMs;
    this.hasDelivered = true;
    this.onFirstBlob();
    const take = () => this.onBlob(blob, untilMs);
    this.lastBlob = this.lastBlob.then(take).catch((error) => this.#untaken(error)); // one after the other: their order is the file
  }

  /** What comes after it is handed over all the same; whoever takes it knows what of it can be used. */
  #untaken(error) {
    console.error(error);
    this.#lost(`${UNTAKEN} (${error.name})`);
  }

  /** The page may be gone in a moment, or stand still: what is there already is handed over. */
  #hurry() {
    if (this.isRunning && this.recorder.state === "recording") this.recorder.requestData();
  }

  #lost(why) {
    if (this.isRunning) this.onLost(why);
  }

  /** Never started: nothing of it is kept, whatever still comes. */
  #close() {
    this.isClosed = true;
    this.#unwatch();
    if (this.recorder?.state === "recording") this.recorder.stop();
  }

  // What nobody says

  #watch() {
    [this.silentMs, this.pausedMs, this.lookedAt, this.paused] = [0, 0, performance.now(), new Set()];
    this.sizes = this.#sizesNow();
    const on = (target, name, act) => target.addEventListener(name, act, { signal: this.listening.signal });
    for (const track of this.stream.getTracks()) {
      on(track, "ended", () => this.#lost(ENDED));
      on(track, "mute", () => this.#pause(track, true));
      on(track, "unmute", () => this.#pause(track, false));
      if (track.muted) this.#pause(track, true);
    }
    on(window, "beforeunload", () => this.#hurry());
    on(document, "visibilitychange", () => document.hidden && this.#hurry());
    this.timer = setInterval(() => this.#look(), LOOK_EVERY_MS);
  }

  #unwatch() {
    clearInterval(this.timer);
    this.listening.abort();
  }

  #look() {
    const passedMs = Math.min(performance.now() - this.lookedAt, LONGEST_LOOK_MS);
    this.lookedAt = performance.now();
    if (this.paused.size) this.#stayPaused(passedMs);
    else this.silentMs += passedMs;
    if (this.silentMs >= NOTHING_FOR_MS) this.#stalled();
    else if (this.#hasTurned() && !recordingType().mayTurn) this.onTurn();
  }

  /** Where nothing came, what still comes at the end is a file's head without a picture: that is no answer. */
  #stalled() {
    this.isClosed = !this.hasDelivered;
    this.#lost(this.isClosed ? NOTHING_CAME : STALLED);
  }

  #pause(track, isPaused) {
    if (!this.isRunning) return;
    const kind = track.kind === "video" ? "camera" : "microphone";
    if (isPaused) this.paused.add(kind);
    else this.paused.delete(kind);
    [this.pausedMs, this.silentMs] = [0, 0];
    this.onPause(kind, isPaused);
  }

  #stayPaused(passedMs) {
    this.pausedMs += passedMs;
    if (this.pausedMs >= PAUSED_FOR_MS) this.#lost(`Your device paused the ${[...this.paused].sort().join(" and the ")}`);
  }

  /** As the track says it, and as it is shown: not every browser tells both. */
  #sizesNow() {
    const { width = 0, height = 0 } = this.stream.getVideoTracks()[0]?.getSettings() ?? {};
    const { videoWidth = 0, videoHeight = 0 } = this.preview ?? {};
    return [[width, height], [videoWidth, videoHeight]];
  }

  #hasTurned() {
    const before = this.sizes;
    this.sizes = this.#sizesNow();
    return this.sizes.some((size, place) => isOther(size, before[place]));
  }
}

/** A size that is not known yet is no other one. */
function isOther(size, before) {
  return size[0] > 0 && before[0] > 0 && String(size) !== String(before);
}

/** What the promise resolves to, or null where it takes longer. */
function within(ms, promise) {
  return Promise.race([promise, new Promise((resolve) => setTimeout(() => resolve(null), ms))]);
}
