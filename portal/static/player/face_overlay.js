// Draws the corners of the measured face's box over the picture. While no face is seen, it draws them where the face
// was last.

import { gettext as _, number } from "../site/gettext.js";
import { contextOf } from "./lanes.js";

/** @import { Signals } from "./signals.js" */

const css = getComputedStyle(document.documentElement);
/** @param {string} name */
const colour = (name) => css.getPropertyValue(`--color-${name}`).trim();
/** @type {Box} */
const NOWHERE = [0.35, 0.2, 0.3, 0.5]; // in the middle, where no face was seen before
const CORNER = 0.18; // share of the box's shorter side: one sees a box, and the face stays free

export class FaceOverlay {
  /**
   * @param {HTMLCanvasElement} canvas
   * @param {HTMLVideoElement} video
   * @param {Signals} signals
   */
  constructor(canvas, video, signals) {
    this.canvas = canvas;
    this.video = video;
    this.signals = signals;
    this.isOn = true;
    this.context = contextOf(canvas);
  }

  /**
   * `missing` is the no-face flag that covers this moment, if there is one.
   * @param {number} ms
   * @param {FlagSpan | undefined} missing
   */
  draw(ms, missing) {
    this.#clear();
    if (!this.isOn || !this.video.videoWidth) return;
    const box = this.signals.boxAt(ms);
    if (box) this.#brackets(box, colour("measured"), []);
    else if (missing) this.#drawMissing(ms, missing);
  }

  /**
   * @param {number} ms
   * @param {FlagSpan} missing
   */
  #drawMissing(ms, missing) {
    const box = this.signals.lastBoxBefore(missing.startMs) ?? NOWHERE;
    this.#brackets(box, colour("medium"), [4, 3]);
    const { left, top } = this.#pixels(box);
    const seconds = number((ms - missing.startMs) / 1000, 1);
    this.#label(`◆ ${_("no face for %(seconds)s s", { seconds })}`, left, Math.max(top - 26, 4));
  }

  /**
   * @param {string} text
   * @param {number} left
   * @param {number} top
   */
  #label(text, left, top) {
    const { context } = this;
    context.font = `13px ${css.getPropertyValue("--font-mono")}`;
    context.textBaseline = "middle";
    context.fillStyle = colour("page");
    context.fillRect(left, top, context.measureText(text).width + 12, 20);
    context.fillStyle = colour("medium");
    context.fillText(text, left + 6, top + 11);
  }

  #clear() {
    const ratio = window.devicePixelRatio || 1;
    const { canvas, context } = this;
    const width = Math.round(canvas.clientWidth * ratio);
    const height = Math.round(canvas.clientHeight * ratio);
    if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, canvas.clientWidth, canvas.clientHeight);
  }

  /**
   * Where a box lies in the element: the picture is fitted inside it (object-fit: contain), with bars on two sides.
   * @param {Box} values
   */
  #pixels([x, y, width, height]) {
    const { clientWidth, clientHeight } = this.canvas;
    const scale = Math.min(clientWidth / this.video.videoWidth, clientHeight / this.video.videoHeight);
    const picture = { width: this.video.videoWidth * scale, height: this.video.videoHeight * scale };
    return {
      left: (clientWidth - picture.width) / 2 + x * picture.width,
      top: (clientHeight - picture.height) / 2 + y * picture.height,
      width: width * picture.width,
      height: height * picture.height,
    };
  }

  /**
   * @param {Box} box
   * @param {string} stroke
   * @param {number[]} dash
   */
  #brackets(box, stroke, dash) {
    const { left, top, width, height } = this.#pixels(box);
    const arm = CORNER * Math.min(width, height);
    const { context } = this;
    context.beginPath();
    /** @type {[number, number, number, number][]} */
    const corners = [
      [left, top, 1, 1],
      [left + width, top, -1, 1],
      [left, top + height, 1, -1],
      [left + width, top + height, -1, -1],
    ];
    for (const [x, y, right, down] of corners) {
      context.moveTo(x + right * arm, y);
      context.lineTo(x, y);
      context.lineTo(x, y + down * arm);
    }
    context.setLineDash(dash);
    context.strokeStyle = stroke;
    context.lineWidth = 2;
    context.stroke();
    context.setLineDash([]);
  }
}
