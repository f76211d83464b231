// The film: one video element with its time, its single pictures, its sound and full screen. It announces what it does.

import { gettext as _ } from "../site/gettext.js";
import { clock } from "./signals.js";

/** @typedef {-1 | 1} Direction */

const ASSUMED_FRAME_S = 1 / 24; // our recorder's frame rate; replaced by what the film shows
const [FRAME_MIN_S, FRAME_MAX_S] = [0.005, 0.1];
// How far to seek for the next picture, in pictures. For a time between two pictures, WebKit shows the later one and
// other browsers the earlier one, so each starts with the distance that is one picture there. If the picture stays the
// same, the next distance is tried.
const REACHES = [0.3, 1.2, 2.2, 3.2, 4.2];
const REDRAW_WITHIN_MS = 3_000; // the longest time without sound and Play, if no bytes come
const SHOWS_THE_LATER_ONE = navigator.vendor.startsWith("Apple"); // WebKit, on every system
const NEW_PICTURE_MS = 800; // after a seek; no other picture comes later than this

export class Film {
  /**
   * `onMoment(seconds)` is called whenever another moment is shown; `say(words)` announces something.
   * @param {HTMLVideoElement} video
   * @param {HTMLElement} stage
   * @param {number} knownMs
   * @param {{ onMoment: (seconds: number) => void, say: (words: string) => void }} options
   */
  constructor(video, stage, knownMs, { onMoment, say }) {
    this.video = video;
    this.stage = stage;
    this.knownMs = knownMs;
    this.onMoment = onMoment;
    this.say = say;
    this.frameS = ASSUMED_FRAME_S;
    /** @type {number | null} */
    this.shownS = null; // the media time of the picture that is shown
    /** @type {Record<Direction, number>} */
    this.reachFor = SHOWS_THE_LATER_ONE ? { "-1": 1, 1: 0 } : { "-1": 0, 1: 1 };
    this.isRedrawing = false;
    this.playsAfter = false;
    this.wantedS = 0;
    /** @type {Promise<void> | null} */
    this.redrawing = null;
    this.#follow();
  }

  get nowMs() {
    return Math.round(this.video.currentTime * 1000);
  }

  /** The length that the portal shows everywhere; the video's own may differ by one picture. */
  get lengthMs() {
    return this.knownMs || (Number.isFinite(this.video.duration) ? this.video.duration * 1000 : 0);
  }

  /** @param {number} ms */
  seek(ms) {
    const end = Number.isFinite(this.video.duration) ? this.video.duration : this.lengthMs / 1000;
    const inside = Math.min(Math.max(ms / 1000, 0), end);
    const isOver = this.video.ended;
    this.wantedS = this.video.currentTime = inside;
    this.onMoment(inside);
    if (isOver && inside < end && !this.isRedrawing) this.redrawing = this.#redrawAfterEnd();
  }

  toggle() {
    if (this.isRedrawing) return (this.playsAfter = !this.playsAfter);
    if (!this.video.paused) return this.video.pause();
    return this.video.play().catch((error) => {
      // AbortError: it was paused again before the first picture came.
      if (error.name === "AbortError") return;
      this.say(_("The recording could not be played (%(cause)s).", { cause: error.name }));
    });
  }

  toStart() {
    this.seek(0);
    this.say(_("At the start."));
  }

  toEnd() {
    this.seek(this.lengthMs);
    this.say(_("At the end."));
  }

  toggleMute() {
    this.video.muted = !this.video.muted;
    this.say(this.video.muted ? _("Sound off.") : _("Sound on."));
    return this.video.muted;
  }

  /**
   * Show the picture before or after the current one.
   * @param {Direction} direction
   */
  async step(direction) {
    await this.redrawing;
    this.video.pause();
    const from = this.#seenS();
    if (!this.video.requestVideoFrameCallback) return this.seek((from + direction * this.frameS) * 1000);
    const [first, frameS] = [this.reachFor[direction], this.frameS];
    for (let reach = first; reach < REACHES.length; reach++) {
      const isNew = this.#anotherThan(from);
      this.seek((from + direction * REACHES[reach] * frameS) * 1000);
      if (await isNew) return reach;
    }
    return null;
  }

  async fullScreen() {
    const { stage, video } = this;
    if (fullScreenElement()) return (document.exitFullscreen ?? document.webkitExitFullscreen)?.call(document);
    const ask = stage.requestFullscreen ?? stage.webkitRequestFullscreen;
    try {
      if (ask) await ask.call(stage);
      else video.webkitEnterFullscreen?.(); // an iPhone has nothing else
    } catch {
      this.say(_("This browser refuses full screen here."));
    }
    return null;
  }

  #follow() {
    const { video } = this;
    /** @type {VideoFrameRequestCallback} */
    const next = (_now, { mediaTime }) => {
      const step = this.shownS === null ? 0 : Math.abs(mediaTime - this.shownS);
      // The shortest step so far: a slow machine leaves pictures out.
      if (step > FRAME_MIN_S && step < FRAME_MAX_S) this.frameS = Math.min(this.frameS, step);
      this.shownS = mediaTime;
      if (!video.seeking) this.onMoment(mediaTime);
      video.requestVideoFrameCallback(next);
    };
    if (video.requestVideoFrameCallback) video.requestVideoFrameCallback(next);
    const redraw = () => this.onMoment(video.currentTime);
    for (const name of ["timeupdate", "seeking", "seeked", "loadedmetadata", "resize"]) {
      video.addEventListener(name, redraw);
    }
    new ResizeObserver(redraw).observe(this.stage); // full screen: draw again what lies over the picture
    video.addEventListener("loadedmetadata", () => this.#shape());
    if (video.readyState >= 1) this.#shape();
    video.addEventListener("play", () => this.isRedrawing || this.say(_("Playing.")));
    const sayPaused = () => this.say(_("Paused at %(time)s.", { time: clock(this.nowMs, false) }));
    video.addEventListener("pause", () => this.isRedrawing || video.ended || sayPaused());
    video.addEventListener("ended", () => this.isRedrawing || this.say(_("The end.")));
    for (const name of ["fullscreenchange", "webkitfullscreenchange"]) {
      document.addEventListener(name, () => this.say(fullScreenElement() ? _("Full screen.") : _("Full screen left.")));
    }
  }

  /** The element around the stage gets the film's aspect ratio. */
  #shape() {
    const { videoWidth, videoHeight } = this.video;
    if (videoWidth) this.stage.parentElement?.style.setProperty("--film", String(videoWidth / videoHeight));
  }

  /** After the end WebKit shows the old picture until it plays: play for a moment, without sound, and seek again. */
  async #redrawAfterEnd() {
    const { video } = this;
    const wasMuted = video.muted;
    Object.assign(this, { isRedrawing: true, playsAfter: false });
    video.muted = true;
    try {
      await Promise.race([video.play(), pause(REDRAW_WITHIN_MS)]);
      if (!this.playsAfter) video.pause();
      const isThere = new Promise((resolve) => video.addEventListener("seeked", resolve, { once: true }));
      video.currentTime = this.wantedS;
      await Promise.race([isThere, pause(REDRAW_WITHIN_MS)]); // the bytes may never come
    } catch (error) {
      console.info("The film does not show the new picture:", error.name);
    } finally {
      video.muted = wasMuted;
      this.isRedrawing = false;
      if (video.paused === this.playsAfter) void this.toggle(); // pressed too late for what this did
      else if (this.playsAfter) video.dispatchEvent(new Event("play")); // listeners ignored the event while it redrew
    }
  }

  /** The media time of the picture that is shown; right after a seek, the time that was sought. */
  #seenS() {
    const at = this.video.currentTime;
    return this.shownS !== null && Math.abs(this.shownS - at) < 2 * FRAME_MAX_S ? this.shownS : at;
  }

  /**
   * Resolves to whether the next seek shows another picture than this.
   * @param {number} seenS
   * @returns {Promise<boolean>}
   */
  #anotherThan(seenS) {
    const { video } = this;
    return new Promise((resolve) => {
      /** @type {VideoFrameRequestCallback} */
      const look = (_now, { mediaTime }) => {
        if (Math.abs(mediaTime - seenS) > FRAME_MIN_S / 2) resolve(true);
        else video.requestVideoFrameCallback(look);
      };
      video.requestVideoFrameCallback(look);
      video.addEventListener("seeked", () => setTimeout(() => resolve(false), NEW_PICTURE_MS), { once: true });
    });
  }
}

/** @param {number} ms */
function pause(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

function fullScreenElement() {
  return document.fullscreenElement ?? document.webkitFullscreenElement ?? null;
}
