// Records one answer from a camera stream: it delivers blobs twice a second and measures how long it runs. It notices
// what browsers do not report: that no bytes come, that an event never comes, that the device paused a track, or was
// turned.

import { gettext as _ } from "../site/gettext.js";
import { DeviceTrouble } from "./device_trouble.js";
import { TimedRecorder } from "./timed_recorder.js";

/** @typedef {{ container: ContainerName, mayTurn: boolean, mimeType: string }} RecordingType */
/** @typedef {RecorderListener & { preview?: HTMLVideoElement | null }} Parts */

// What Chromium (MP4 with H.264), Safari (the same with AAC) and Firefox (WebM) can record; the first supported type is
// used. `mayTurn`: avc3 writes the picture's size into the stream again and again, so the size may change. avc1 writes
// it once, and Chromium damages what follows a turn. WebKit says that it supports avc3 but delivers no byte, so only
// Chromium is asked.
/** @type {RecordingType[]} */
const TYPES = [
  { container: "mp4", mayTurn: true, mimeType: 'video/mp4;codecs="avc3.42E01E,mp4a.40.2"' },
  { container: "mp4", mayTurn: true, mimeType: 'video/mp4;codecs="avc3.42E01E,opus"' },
  { container: "mp4", mayTurn: false, mimeType: 'video/mp4;codecs="avc1.42E01E,mp4a.40.2"' },
  { container: "mp4", mayTurn: false, mimeType: 'video/mp4;codecs="avc1.42E01E,opus"' },
  { container: "webm", mayTurn: true, mimeType: 'video/webm;codecs="vp8,opus"' },
];
const KEY_EVERY_MS = 500; // Chromium delivers MP4 from one key frame to the next; a crash loses what is between
const BLOB_EVERY_MS = 400; // must be shorter than KEY_EVERY_MS; otherwise Chromium delivers only every second time
const VIDEO_BITS_PER_S = 1_000_000; // a clear face at 640×480
const AUDIO_BITS_PER_S = 64_000;
const START_WITHIN_MS = 8_000; // a slow phone needs two seconds to set its encoder up
const STOP_WITHIN_MS = 5_000; // the last piece normally comes within one second; earlier pieces are kept in any case
const LOOK_EVERY_MS = 250;
const NOTHING_FOR_MS = 3_000; // the time of six pieces
const LONGEST_LOOK_MS = 500; // if the page itself stood still, the recorder need not have stopped
const PAUSED_FOR_MS = 10_000; // a headset needs less to connect; a phone call lasts longer

/** Why nothing was recorded. */
export function nothingCame() {
  return _("This browser delivers no recording");
}

/**
 * The type that this browser will record, or undefined.
 * @returns {RecordingType | undefined}
 */
export function recordingType() {
  if (typeof MediaRecorder === "undefined") return undefined;
  const isChromium = "userAgentData" in navigator;
  /** @param {string} mimeType */
  const isTrusted = (mimeType) => isChromium || !mimeType.includes("avc3");
  return TYPES.find(({ mimeType }) => isTrusted(mimeType) && MediaRecorder.isTypeSupported(mimeType));
}

export class Recorder extends TimedRecorder {
  /** @type {MediaRecorder | null} */ recorder = null;
  /** @type {Promise<"stop" | null>} */ stopped = Promise.resolve(null);
  /** @type {ReturnType<typeof setInterval> | undefined} */ timer;
  /** @type {Set<DeviceKind>} */ paused = new Set();
  /** @type {[number, number][]} */ sizes = [];
  pausedMs = 0; // how long the device has paused it
  silentMs = 0; // how long nothing has come
  lookedAt = 0;
  onFirstBlob = () => {};

  /**
   * `onBlob(blob, untilMs)` gets what was recorded; `onLost(why)` is called when recording cannot continue; `onTurn()`
   * when the picture's size changed and this file cannot hold another one; `onPause(kind, isPaused)` when the device
   * pauses "camera" or "microphone", or starts it again. `preview` is the element that shows the stream.
   * @param {MediaStream} stream
   * @param {Parts} options
   */
  constructor(stream, { onBlob = () => {}, onLost = () => {}, onTurn = () => {}, onPause = () => {}, preview = null }) {
    super();
    this.stream = stream;
    this.onBlob = onBlob;
    this.onLost = onLost;
    this.onTurn = onTurn;
    this.onPause = onPause;
    this.preview = preview;
    this.hasDelivered = false;
    /** @type {Promise<unknown>} */
    this.lastBlob = Promise.resolve();
    this.isClosed = false;
    this.listening = new AbortController();
  }

  /** Resolves once the recording really runs; throws DeviceTrouble where it never does. */
  async start() {
    const calledAt = performance.now();
    try {
      const began = await within(START_WITHIN_MS, this.#begin());
      if (!began) throw notStarted(_("The recording did not start"));
      this.startedAt = began === "start" ? performance.now() : calledAt;
    } catch (error) {
      this.#close();
      if (error instanceof DeviceTrouble) throw error;
      throw notStarted(_("The recording did not start (%(error)s)", { error: error.name }));
    }
    this.#startWatching();
  }

  /**
   * Resolves when it runs: to "start" at the event, or to "blob" where a browser forgets the event and delivers bytes.
   * @returns {Promise<"start" | "blob">}
   */
  #begin() {
    const recorder = new MediaRecorder(this.stream, {
      mimeType: this.type,
      videoBitsPerSecond: VIDEO_BITS_PER_S,
      audioBitsPerSecond: AUDIO_BITS_PER_S,
      videoKeyFrameIntervalDuration: KEY_EVERY_MS, // without it Chromium delivers nearly all of an MP4 at the end
    });
    this.recorder = recorder;
    recorder.ondataavailable = (event) => this.#blobCame(event.data);
    recorder.onerror = () => this.#lost(_("The recorder of this browser stopped"));
    this.stopped = new Promise((resolve) => (recorder.onstop = () => resolve("stop")));
    /** @type {Promise<"start" | "blob">} */
    const began = new Promise((resolve) => {
      recorder.onstart = () => resolve("start");
      this.onFirstBlob = () => resolve("blob");
    });
    recorder.start(BLOB_EVERY_MS);
    return began;
  }

  get type() {
    return recordingType()?.mimeType ?? "";
  }

  /** Resolves to whether the recorder reported its end. `lastBlob` may still be on its way to onBlob. */
  async stop() {
    this.endedMs = this.recordedMs;
    this.#stopWatching();
    if (this.recorder && this.recorder.state !== "inactive") this.recorder.stop();
    const hasEnded = Boolean(await within(STOP_WITHIN_MS, this.stopped));
    this.isClosed = true; // a later blob would belong to no answer
    return hasEnded;
  }

  /** @param {Blob} blob */
  #blobCame(blob) {
    if (!blob.size || this.isClosed) return;
    this.silentMs = 0;
    const untilMs = this.recordedMs;
    this.hasDelivered = true;
    this.onFirstBlob();
    // At once, and in their order in the file: a blob that waits here for another one is lost by a reload.
    const delivered = new Promise((resolve) => resolve(this.onBlob(blob, untilMs)));
    this.lastBlob = Promise.all([this.lastBlob, delivered.catch((error) => this.#notStored(error))]);
  }

  /**
   * Later blobs are delivered all the same; the uploader decides which of them can be used.
   * @param {Error} error
   */
  #notStored(error) {
    console.error(error);
    this.#lost(_("A piece of the recording could not be kept (%(error)s)", { error: error.name }));
  }

  /** The page may be closed or frozen in a moment: ask for what was recorded until now. */
  #flush() {
    if (this.isRunning && this.recorder?.state === "recording") this.recorder.requestData();
  }

  /** @param {string} why */
  #lost(why) {
    if (this.isRunning) this.onLost(why);
  }

  /** It never started: ignore whatever still comes. */
  #close() {
    this.isClosed = true;
    this.#stopWatching();
    if (this.recorder?.state === "recording") this.recorder.stop();
  }

  // What browsers do not report

  #startWatching() {
    [this.silentMs, this.pausedMs, this.lookedAt] = [0, 0, performance.now()];
    this.sizes = this.#sizesNow();
    const { signal } = this.listening;
    /** @type {(target: EventTarget, name: string, act: () => void) => void} */
    const on = (target, name, act) => target.addEventListener(name, act, { signal });
    for (const track of this.stream.getTracks()) {
      on(track, "ended", () => this.#lost(_("Your camera or microphone stopped")));
      on(track, "mute", () => this.#pause(track, true));
      on(track, "unmute", () => this.#pause(track, false));
      if (track.muted) this.#pause(track, true);
    }
    on(window, "beforeunload", () => this.#flush());
    on(document, "visibilitychange", () => void (document.hidden && this.#flush()));
    this.timer = setInterval(() => this.#look(), LOOK_EVERY_MS);
  }

  #stopWatching() {
    clearInterval(this.timer);
    this.listening.abort();
  }

  #look() {
    const passedMs = Math.min(performance.now() - this.lookedAt, LONGEST_LOOK_MS);
    this.lookedAt = performance.now();
    if (this.paused.size) this.#stayPaused(passedMs);
    else this.silentMs += passedMs;
    if (this.silentMs >= NOTHING_FOR_MS) this.#stalled();
    else if (this.#hasTurned() && !recordingType()?.mayTurn) this.onTurn();
  }

  /** Where no blob came before, only a file's header without a picture can still come: that is no answer. */
  #stalled() {
    this.isClosed = !this.hasDelivered;
    this.#lost(this.isClosed ? nothingCame() : _("This browser stopped delivering the recording"));
  }

  /**
   * @param {MediaStreamTrack} track
   * @param {boolean} isPaused
   */
  #pause(track, isPaused) {
    if (!this.isRunning) return;
    const kind = track.kind === "video" ? "camera" : "microphone";
    if (isPaused) this.paused.add(kind);
    else this.paused.delete(kind);
    [this.pausedMs, this.silentMs] = [0, 0];
    this.onPause(kind, isPaused);
  }

  /** @param {number} passedMs */
  #stayPaused(passedMs) {
    this.pausedMs += passedMs;
    if (this.pausedMs < PAUSED_FOR_MS) return;
    this.#lost(pausedText(this.paused));
  }

  /**
   * The picture's size from the track and from the preview: not every browser reports both.
   * @returns {[number, number][]}
   */
  #sizesNow() {
    const { width = 0, height = 0 } = this.stream.getVideoTracks()[0]?.getSettings() ?? {};
    const { videoWidth = 0, videoHeight = 0 } = this.preview ?? {};
    return [[width, height], [videoWidth, videoHeight]];
  }

  #hasTurned() {
    const before = this.sizes;
    this.sizes = this.#sizesNow();
    return this.sizes.some((size, index) => isOther(size, before[index] ?? size));
  }
}

/** @param {string} title */
function notStarted(title) {
  const advice = _("Nothing was recorded and no take is used. Reload the page and try again, or use another browser.");
  return new DeviceTrouble(title, advice);
}

/** @param {Set<DeviceKind>} devices */
function pausedText(devices) {
  if (devices.size > 1) return _("Your device paused the camera and the microphone");
  return devices.has("camera") ? _("Your device paused the camera") : _("Your device paused the microphone");
}

/**
 * An unknown size counts as unchanged.
 * @param {[number, number]} size
 * @param {[number, number]} before
 */
function isOther(size, before) {
  return size[0] > 0 && before[0] > 0 && String(size) !== String(before);
}

/**
 * Resolves as the promise does, or to null after so many ms.
 * @template T
 * @param {number} ms
 * @param {Promise<T>} promise
 * @returns {Promise<T | null>}
 */
function within(ms, promise) {
  return Promise.race([promise, new Promise((resolve) => setTimeout(() => resolve(null), ms))]);
}
