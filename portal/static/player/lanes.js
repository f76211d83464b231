// Draws the measured signals into one canvas: the questions, the flags, the gaps and one lane for each kind of signal.
// The page's rows decide where each lane lies. Which lanes there are, on which scales, is in the registry of signals
// (capture/signals.py), from which the command line's report draws the same lanes.

import { lowerBound, questionNumber } from "./signals.js";

/** @import { Signals } from "./signals.js" */
/** @typedef {{ top: number, height: number }} Bounds */
/** @typedef {{ x: number, first: number, least: number, most: number, last: number }} Column */

const css = getComputedStyle(document.documentElement);
/** @param {string} name */
const colour = (name) => css.getPropertyValue(`--color-${name}`).trim();

const PADDING_PX = 8; // a line at the end of its scale does not touch the lane's border
const TICK_MIN_PX = 80; // with less, the labels of the axis would touch
const TICK_LONGEST_MS = 18e5;
const TICK_STEPS_MS = [1e3, 2e3, 5e3, 1e4, 15e3, 3e4, 6e4, 12e4, 3e5, 6e5, 9e5, 18e5];
/** @param {string} severity */
const severityColour = (severity) => colour(`severity-${severity}`); // as in the list of flags: a token of app.css

export class Lanes {
  /**
   * @param {HTMLCanvasElement} canvas
   * @param {Record<string, HTMLElement>} rows
   * @param {Signals} signals
   * @param {FlagSpan[]} flags
   */
  constructor(canvas, rows, signals, flags) {
    this.canvas = canvas;
    this.rows = rows;
    this.signals = signals;
    this.flags = flags;
    this.context = contextOf(canvas);
    this.width = 0;
    this.height = 0;
    /** @type {string | CanvasPattern} */
    this.hatching = "";
    /** @type {Set<string>} */
    this.hidden = new Set(); // names of signals
    this.fromMs = 0;
    this.toMs = signals.durationMs;
  }

  /**
   * @param {number} fromMs
   * @param {number} toMs
   */
  show(fromMs, toMs) {
    this.fromMs = fromMs;
    this.toMs = toMs;
    this.draw();
  }

  /**
   * @param {string} name
   * @param {boolean} on
   */
  toggle(name, on) {
    if (on) this.hidden.delete(name);
    else this.hidden.add(name);
    this.draw();
  }

  /** @param {number} ms */
  x(ms) {
    return ((ms - this.fromMs) / (this.toMs - this.fromMs)) * this.width;
  }

  /** @param {number} x */
  ms(x) {
    const inside = Math.min(Math.max(x / this.width, 0), 1);
    return this.fromMs + inside * (this.toMs - this.fromMs);
  }

  draw() {
    const { canvas, context } = this;
    const ratio = window.devicePixelRatio || 1;
    this.width = canvas.clientWidth;
    this.height = canvas.clientHeight;
    canvas.width = Math.round(this.width * ratio);
    canvas.height = Math.round(this.height * ratio);
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    this.hatching = hatching(context);
    this.#drawSpans();
    for (const lane of this.signals.lanes) if (this.rows[lane.name]) this.#drawLane(lane, this.#bounds(lane.name));
    this.#drawQuestions(this.#bounds("questions"));
    this.#drawAxis(this.#bounds("axis"));
  }

  /**
   * @param {string} name
   * @returns {Bounds}
   */
  #bounds(name) {
    const row = this.rows[name];
    return row ? { top: row.offsetTop, height: row.offsetHeight } : { top: 0, height: 0 };
  }

  // Gaps and what could not be assessed are hatched, flags are shaded. All go through every lane, so that one sees
  // causes.
  #drawSpans() {
    const top = this.#bounds("questions").height;
    const height = this.#bounds("axis").top - top;
    for (const { severity, startMs, endMs } of layered(this.flags)) {
      if (severity === "none") this.#fill(this.hatching, startMs, endMs, top, height, 0.6);
      else this.#fill(severityColour(severity), startMs, endMs, top, height, 0.2);
    }
    for (const gap of this.signals.gaps) this.#fill(this.hatching, gap.start_ms, gap.end_ms, 0, top + height, 1);
  }

  /**
   * @param {string | CanvasPattern} style
   * @param {number} fromMs
   * @param {number} toMs
   * @param {number} top
   * @param {number} height
   * @param {number} alpha
   * @param {number} [minPx]
   */
  #fill(style, fromMs, toMs, top, height, alpha, minPx = 2) {
    const left = this.x(fromMs);
    const width = Math.max(this.x(toMs) - left, minPx);
    if (left + width < 0 || left > this.width) return;
    this.context.globalAlpha = alpha;
    this.context.fillStyle = style;
    this.context.fillRect(left, top, width, height);
    this.context.globalAlpha = 1;
  }

  /** @param {Bounds} options */
  #drawQuestions({ top, height }) {
    const { context } = this;
    const barTop = top + PADDING_PX;
    for (const answer of this.signals.answers) {
      const left = this.x(answer.start_ms) + 1;
      const width = this.x(answer.end_ms) - left - 1;
      context.fillStyle = colour("edge");
      context.globalAlpha = 0.45;
      context.fillRect(left, barTop, width, height - 2 * PADDING_PX);
      context.globalAlpha = 1;
      const label = questionNumber(answer.question);
      if (width > 28) this.#text(label, Math.max(left, 0) + 6, top + height / 2, "text");
    }
    for (const { severity, startMs, endMs } of layered(this.flags)) {
      const leastPx = severity === "none" ? 1 : 3;
      this.#fill(severityColour(severity), startMs, endMs, top + height - 5, 3, 1, leastPx);
    }
  }

  /** @param {Bounds} options */
  #drawAxis({ top, height }) {
    const span = this.toMs - this.fromMs;
    const wanted = (span / this.width) * TICK_MIN_PX;
    const step = TICK_STEPS_MS.find((candidate) => candidate >= wanted) ?? TICK_LONGEST_MS;
    for (let ms = Math.ceil(this.fromMs / step) * step; ms <= this.toMs; ms += step) {
      const x = this.x(ms);
      this.context.fillStyle = colour("edge");
      this.context.fillRect(Math.round(x), top, 1, 5);
      if (x < this.width - 36) this.#text(tickLabel(ms), x + 5, top + height / 2 + 1, "muted");
    }
  }

  /**
   * @param {string} text
   * @param {number} x
   * @param {number} y
   * @param {string} ink
   */
  #text(text, x, y, ink) {
    const { context } = this;
    context.font = `12px ${css.getPropertyValue("--font-mono")}`;
    context.textBaseline = "middle";
    context.fillStyle = colour(ink);
    context.fillText(text, x, y);
  }

  /**
   * @param {Lane} lane
   * @param {Bounds} bounds
   */
  #drawLane(lane, bounds) {
    const { context } = this;
    const { signals } = lane;
    const { low = 0, high = 1 } = signals[0]?.scale ?? {};
    const { durationMs } = this.signals;
    if (!this.signals.hasData(lane)) this.#fill(this.hatching, 0, durationMs, bounds.top, bounds.height, 1);
    context.fillStyle = colour("hairline");
    if (low === -high) context.fillRect(0, bounds.top + bounds.height / 2, this.width, 1); // where 0 is
    for (const signal of signals) if (!this.hidden.has(signal.name)) this.#drawSignal(signal, bounds);
  }

  /**
   * @param {Signal} signal
   * @param {Bounds} bounds
   */
  #drawSignal(signal, bounds) {
    switch (signal.drawn) {
      case "line":
      case "steps":
        return this.#drawCurve(signal, bounds);
      case "area":
        return this.#drawArea(signal, bounds);
      case "foot":
        return this.#drawFoot(signal, bounds);
      case "ticks":
        return this.#drawTicks(signal, bounds);
      default:
        return null; // only a number
    }
  }

  // The curve has a gap wherever nothing was measured. Each pixel column keeps its least and greatest value, so that an
  // hour of samples still shows every peak.
  /**
   * @param {Signal} signal
   * @param {Bounds} options
   */
  #drawCurve(signal, { top, height }) {
    const { context } = this;
    const usable = height - 2 * PADDING_PX;
    /** @param {number} value */
    const y = (value) => top + PADDING_PX + usable * (1 - share(signal.scale, value));
    const isStepped = signal.drawn === "steps";
    context.beginPath();
    for (const run of this.#runs(signal)) {
      const [start] = run;
      if (!start) continue;
      context.moveTo(start.x, y(start.first));
      let before = start.first;
      for (const column of run) {
        if (isStepped) context.lineTo(column.x, y(before));
        for (const value of [column.first, column.least, column.most, column.last]) context.lineTo(column.x, y(value));
        before = column.last;
      }
      context.lineTo((run.at(-1) ?? start).x + 1, y(before)); // so that a single sample is visible, too
    }
    context.setLineDash(signal.dash ?? []);
    context.strokeStyle = colour(signal.ink);
    context.lineWidth = 1.25;
    context.stroke();
    context.setLineDash([]);
  }

  // The visible samples of a signal as runs of pixel columns without a gap.
  /**
   * @param {Signal} signal
   * @returns {Column[][]}
   */
  #runs(signal) {
    /** @type {Column[][]} */
    const runs = [];
    /** @type {Column[] | null} */
    let run = null;
    let lastMs = -Infinity;
    this.#eachVisible(signal, (ms, sample) => {
      const value = sample === null ? null : Number(sample);
      if (value === null || ms - lastMs > this.signals.holeMs) run = null;
      lastMs = ms;
      if (value === null) return;
      if (!run) runs.push((run = []));
      const x = Math.round(this.x(ms));
      const column = run.at(-1);
      if (column?.x === x) extend(column, value);
      else run.push({ x, first: value, least: value, most: value, last: value });
    });
    return runs;
  }

  /**
   * @param {Signal} signal
   * @param {(ms: number, value: Sample) => void} visit
   */
  #eachVisible(signal, visit) {
    const times = this.signals.times(signal);
    const values = this.signals.values(signal);
    const margin = this.signals.holeMs;
    for (let row = lowerBound(times, this.fromMs - margin); row < times.length; row++) {
      if (times[row] > this.toMs + margin) break;
      visit(times[row], values[row] ?? null); // older measurements lack younger signals
    }
  }

  /**
   * @param {Signal} signal
   * @param {Bounds} options
   */
  #drawArea(signal, { top, height }) {
    const middle = top + height / 2;
    const half = height / 2 - PADDING_PX;
    this.context.fillStyle = colour(signal.ink);
    for (const run of this.#runs(signal)) {
      for (const { x, most } of run) {
        const reach = Math.max(half * share(signal.scale, most), 0.5);
        this.context.fillRect(x, middle - reach, this.#barPx(), 2 * reach);
      }
    }
  }

  #barPx() {
    const samplePx = (this.width * this.signals.telemetry.sample_every_ms) / (this.toMs - this.fromMs);
    return Math.max(1, Math.min(samplePx - 1, 3));
  }

  // A thin line at the bottom of a lane, wherever the signal is true.
  /**
   * @param {Signal} signal
   * @param {Bounds} options
   */
  #drawFoot(signal, { top, height }) {
    const half = this.signals.telemetry.sample_every_ms / 2;
    const shade = colour(signal.ink);
    this.#eachVisible(signal, (ms, value) => {
      if (this.signals.isTrue(value)) this.#fill(shade, ms - half, ms + half, top + height - 5, 2, 0.8, 1);
    });
  }

  /**
   * @param {Signal} signal
   * @param {Bounds} options
   */
  #drawTicks(signal, { top, height }) {
    const shade = colour(signal.ink);
    this.#eachVisible(signal, (ms) => this.#fill(shade, ms, ms, top + height - 10, 7, 0.9, 1.5));
  }
}

/**
 * @param {SignalScale} options
 * @param {number} value
 */
function share({ low, high, is_logarithmic: isLogarithmic }, value) {
  const inside = Math.min(Math.max(value, low), high);
  return isLogarithmic ? Math.log(inside / low) / Math.log(high / low) : (inside - low) / (high - low);
}

/**
 * The times of the flags without overlaps: first what could not be assessed, then by severity, the most severe last.
 * Where several flags overlap, only the most severe is drawn: two shades over each other would be a colour without a
 * meaning.
 * @param {FlagSpan[]} flags
 */
export function layered(flags) {
  const edges = [...new Set(flags.flatMap(({ startMs, endMs }) => [startMs, endMs]))].sort((a, b) => a - b);
  /** @type {FlagSpan[]} */
  const unassessed = [];
  /** @type {FlagSpan[]} */
  const graded = [];
  const moments = flags.filter(({ startMs, endMs, severity }) => startMs === endMs && severity !== "none");
  edges.slice(1).forEach((endMs, index) => {
    const startMs = edges[index];
    const here = flags.filter((flag) => flag.startMs < endMs && startMs < flag.endMs).map(({ severity }) => severity);
    const mostSevere = MOST_SEVERE_FIRST.find((severity) => here.includes(severity));
    if (here.includes("none")) extendTo(unassessed, "none", startMs, endMs);
    if (mostSevere) extendTo(graded, mostSevere, startMs, endMs);
  });
  return [...unassessed, ...[...graded, ...moments].sort((a, b) => rank(b.severity) - rank(a.severity))];
}

const MOST_SEVERE_FIRST = ["high", "medium", "low"];
/** @param {string} severity */
const rank = (severity) => MOST_SEVERE_FIRST.indexOf(severity);

/**
 * @param {FlagSpan[]} spans
 * @param {string} severity
 * @param {number} startMs
 * @param {number} endMs
 */
function extendTo(spans, severity, startMs, endMs) {
  const last = spans.at(-1);
  if (last?.endMs === startMs && last.severity === severity) last.endMs = endMs;
  else spans.push({ severity, startMs, endMs });
}

/**
 * @param {Column} column
 * @param {number} value
 */
function extend(column, value) {
  column.least = Math.min(column.least, value);
  column.most = Math.max(column.most, value);
  column.last = value;
}

/** @param {number} ms */
function tickLabel(ms) {
  const seconds = Math.round(ms / 1000);
  const minutes = Math.floor(seconds / 60);
  const rest = String(seconds % 60).padStart(2, "0");
  if (minutes < 60) return `${minutes}:${rest}`;
  return `${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, "0")}:${rest}`;
}

/** @param {HTMLCanvasElement} canvas */
export function contextOf(canvas) {
  return /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
}

/** @param {CanvasRenderingContext2D} context */
function hatching(context) {
  const tile = document.createElement("canvas");
  tile.width = tile.height = 7;
  const brush = contextOf(tile);
  brush.strokeStyle = colour("none");
  brush.beginPath();
  for (const shift of [-7, 0, 7]) {
    brush.moveTo(shift, 7);
    brush.lineTo(shift + 7, 0);
  }
  brush.stroke();
  return context.createPattern(tile, "repeat") ?? colour("none");
}
