// The film: one video element, its clock, its single pictures, its sound and full screen. Says in words what it does.
// Knows no flags, no lanes and no keys.

import { clock } from "./signals.js";

const ASSUMED_FRAME_S = 1 / 24; // what our recorder asks for; replaced by what the film shows
const [FRAME_MIN_S, FRAME_MAX_S] = [0.005, 0.1];
// How far to go for another picture, in pictures. Asked for a time between two, WebKit shows the one after and others the one
// before, so each begins with the reach that is one picture there; where the picture stays the same, it goes further.
const REACHES = [0.3, 1.2, 2.2, 3.2, 4.2];
const WAKES_WITHIN_MS = 3_000; // the most that somebody is left without sound and Play where bytes do not come
const SHOWS_THE_ONE_AFTER = navigator.vendor.startsWith("Apple"); // WebKit's, on every system
const NEW_PICTURE_MS = 800; // after a seek; then the picture has stayed the same

export class Film {
  /** `onMoment(seconds)` whenever another moment is shown; `say(words)` what a person should hear of. */
  constructor(video, stage, knownMs, { onMoment, say }) {
    Object.assign(this, { video, stage, knownMs, onMoment, say });
    this.frameS = ASSUMED_FRAME_S;
    this.shownS = null; // when the picture that is seen was taken
    this.reachFor = SHOWS_THE_ONE_AFTER ? { "-1": 1, 1: 0 } : { "-1": 0, 1: 1 };
    Object.assign(this, { isWaking: false, goesOn: false, wantedS: 0, waking: null });
    this.#follow();
  }

  get nowMs() {
    return Math.round(this.video.currentTime * 1000);
  }

  /** What the portal says, as everywhere else; the media's own length may differ by a picture. */
  get lengthMs() {
    return this.knownMs || (Number.isFinite(this.video.duration) ? this.video.duration * 1000 : 0);
  }

  seek(ms) {
    const end = Number.isFinite(this.video.duration) ? this.video.duration : this.lengthMs / 1000;
    const inside = Math.min(Math.max(ms / 1000, 0), end);
    const isOver = this.video.ended;
    this.wantedS = this.video.currentTime = inside;
    this.onMoment(inside);
    if (isOver && inside < end && !this.isWaking) this.waking = this.#wake();
  }

  toggle() {
    if (this.isWaking) return (this.goesOn = !this.goesOn);
    if (!this.video.paused) return this.video.pause();
    return this.video.play().catch((error) => this.say(`The recording could not be played (${error.name}).`));
  }

  toStart() {
    this.seek(0);
    this.say("At the start.");
  }

  toEnd() {
    this.seek(this.lengthMs);
    this.say("At the end.");
  }

  toggleMute() {
    this.video.muted = !this.video.muted;
    this.say(this.video.muted ? "Sound off." : "Sound on.");
    return this.video.muted;
  }

  /** The picture before or after the one that is seen. */
  async step(direction) {
    await this.waking;
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
    if (fullScreenElement()) return (document.exitFullscreen ?? document.webkitExitFullscreen).call(document);
    const ask = stage.requestFullscreen ?? stage.webkitRequestFullscreen;
    try {
      if (ask) await ask.call(stage);
      else video.webkitEnterFullscreen(); // all that an iPhone has
    } catch {
      this.say("This browser refuses full screen here.");
    }
    return null;
  }

  #follow() {
    const { video } = this;
    const next = (_, { mediaTime }) => {
      const step = this.shownS === null ? 0 : Math.abs(mediaTime - this.shownS);
      // The least that was seen: a slow machine leaves pictures out.
      if (step > FRAME_MIN_S && step < FRAME_MAX_S) this.frameS = Math.min(this.frameS, step);
      this.shownS = mediaTime;
      if (!video.seeking) this.onMoment(mediaTime);
      video.requestVideoFrameCallback(next);
    };
    if (video.requestVideoFrameCallback) video.requestVideoFrameCallback(next);
    const redraw = () => this.onMoment(video.currentTime);
    for (const name of ["timeupdate", "seeking", "seeked", "loadedmetadata", "resize"]) video.addEventListener(name, redraw);
    new ResizeObserver(redraw).observe(this.stage); // full screen: what is drawn over the picture is drawn anew
    video.addEventListener("loadedmetadata", () => this.#shape());
    if (video.readyState >= 1) this.#shape();
    video.addEventListener("play", () => this.isWaking || this.say("Playing."));
    video.addEventListener("pause", () => this.isWaking || video.ended || this.say(`Paused at ${clock(this.nowMs, false)}.`));
    video.addEventListener("ended", () => this.isWaking || this.say("The end."));
    for (const name of ["fullscreenchange", "webkitfullscreenchange"]) {
      document.addEventListener(name, () => this.say(fullScreenElement() ? "Full screen." : "Full screen left."));
    }
  }

  /** What the stage stands in takes the film's own shape. */
  #shape() {
    const { videoWidth, videoHeight } = this.video;
    if (videoWidth) this.stage.parentElement.style.setProperty("--film", String(videoWidth / videoHeight));
  }

  /** After the end WebKit keeps the old picture until it plays: it plays one, without sound, and comes back. */
  async #wake() {
    const { video } = this;
    const wasMuted = video.muted;
    Object.assign(this, { isWaking: true, goesOn: false });
    video.muted = true;
    try {
      await Promise.race([video.play(), pause(WAKES_WITHIN_MS)]);
      if (!this.goesOn) video.pause();
      const isThere = new Promise((resolve) => video.addEventListener("seeked", resolve, { once: true }));
      video.currentTime = this.wantedS;
      await Promise.race([isThere, pause(WAKES_WITHIN_MS)]); // bytes may never come
    } catch (error) {
      console.info("The film does not wake:", error.name);
    } finally {
      video.muted = wasMuted;
      this.isWaking = false;
      if (this.goesOn) video.dispatchEvent(new Event("play")); // nobody was told while it woke
    }
  }

  /** When the picture was taken that is seen; right after a seek that is where it went. */
  #seenS() {
    const at = this.video.currentTime;
    return this.shownS !== null && Math.abs(this.shownS - at) < 2 * FRAME_MAX_S ? this.shownS : at;
  }

  /** Whether the next seek shows another picture than this. */
  #anotherThan(seenS) {
    const { video } = this;
    return new Promise((resolve) => {
      const look = (_, { mediaTime }) => {
        if (Math.abs(mediaTime - seenS) > FRAME_MIN_S / 2) resolve(true);
        else video.requestVideoFrameCallback(look);
      };
      video.requestVideoFrameCallback(look);
      video.addEventListener("seeked", () => setTimeout(() => resolve(false), NEW_PICTURE_MS), { once: true });
    });
  }
}

function pause(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

function fullScreenElement() {
  return document.fullscreenElement ?? document.webkitFullscreenElement ?? null;
}
