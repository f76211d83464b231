// Reads telemetry.json: the measured values at a moment, and a summary of each signal. What was not measured is null,
// as in the file, and never 0. Which signals there are, the page says in `data-registry` (capture/signals.py).

import { gettext as _, number } from "../site/gettext.js";

// A row is valid for the time around it, in periods to each side: half a period, and a reserve for uneven frames.
const REACH = 0.75;
// No line is drawn between rows that are further apart than this many periods.
const HOLE = 2.5;

export class Signals {
  /**
   * @param {TelemetryFile} telemetry
   * @param {Registry} registry
   */
  constructor(telemetry, registry) {
    this.telemetry = telemetry;
    this.durationMs = telemetry.duration_ms;
    this.reachMs = telemetry.sample_every_ms * REACH;
    this.holeMs = telemetry.sample_every_ms * HOLE;
    this.answers = telemetry.answers;
    this.gaps = telemetry.gaps;
    this.isMeasured = "face" in telemetry;
    this.trueFrom = registry.true_from;
    this.box = registry.signals.find(({ drawn }) => drawn === "corners");
    this.numbers = registry.signals.filter((signal) => signal !== this.box);
    /** @type {Lane[]} */
    this.lanes = registry.lanes.map((lane) => ({
      ...lane,
      signals: this.numbers.filter((signal) => signal.lane === lane.name),
    }));
  }

  /** @param {Signal} options */
  times({ log, name, drawn }) {
    return /** @type {number[]} */ (this.telemetry[log]?.[drawn === "ticks" ? name : "t_ms"] ?? []);
  }

  /** @param {Signal} options */
  values({ log, name }) {
    return this.telemetry[log]?.[name] ?? [];
  }

  /**
   * @param {Signal} signal
   * @param {number} ms
   */
  at(signal, ms) {
    return this.#near(this.times(signal), this.values(signal), ms);
  }

  /** @param {number} ms */
  boxAt(ms) {
    return /** @type {Box | null} */ (this.box ? this.at(this.box, ms) : null);
  }

  /** @param {Lane} lane */
  hasData(lane) {
    return lane.signals.some((signal) => this.values(signal).some((value) => value !== null));
  }

  /** @param {Sample} value */
  isTrue(value) {
    return value !== null && Number(value) >= this.trueFrom;
  }

  /**
   * What stands beside the lane: a number with its unit, or a word while the signal is true.
   * @param {Signal} signal
   * @param {number} ms
   */
  reading(signal, ms) {
    const value = this.at(signal, ms);
    if (signal.drawn === "ticks") return value === null ? "" : signal.short;
    if (signal.drawn === "foot") return this.isTrue(value) ? signal.short : "";
    return withUnit(signal, value);
  }

  /**
   * The same with its name, for a list of values. Nothing where nothing was measured.
   * @param {Signal} signal
   * @param {number} ms
   */
  note(signal, ms) {
    const value = this.at(signal, ms);
    if (value === null) return "";
    if (typeof value === "boolean" || signal.drawn === "ticks") return this.reading(signal, ms);
    return `${signal.short} ${withUnit(signal, value)}`.replaceAll(" ", "\u00a0"); // stays on one line
  }

  /** @param {number} ms */
  answerAt(ms) {
    return this.answers.find((answer) => answer.start_ms <= ms && ms < answer.end_ms) ?? null;
  }

  /**
   * The last box before `ms`: where the face was seen last.
   * @param {number} ms
   */
  lastBoxBefore(ms) {
    if (!this.isMeasured || !this.box) return null;
    const times = this.times(this.box);
    const boxes = /** @type {unknown[]} */ (this.values(this.box));
    for (let row = lowerBound(times, ms) - 1; row >= 0; row--) {
      if (boxes[row]) return /** @type {Box} */ (boxes[row]);
    }
    return null;
  }

  /**
   * @template V
   * @param {number[]} times
   * @param {V[]} values
   * @param {number} ms
   * @returns {V | null}
   */
  #near(times, values, ms) {
    const right = lowerBound(times, ms);
    const nearer = right > 0 && (right === times.length || ms - times[right - 1] <= times[right] - ms);
    const row = nearer ? right - 1 : right;
    if (row >= times.length || Math.abs(times[row] - ms) > this.reachMs) return null;
    return values[row] ?? null;
  }

  /**
   * The measured share, the median, the least and the greatest value.
   * @param {Signal} signal
   */
  summary(signal) {
    const known = this.values(signal).filter((value) => value !== null).map(Number).sort((a, b) => a - b);
    const median = known.length ? known[Math.floor(known.length / 2)] : null;
    return { share: this.#share(known.length), median, least: known[0] ?? null, most: known.at(-1) ?? null };
  }

  /**
   * How many moments there are, and how many in a measured minute.
   * @param {Signal} signal
   */
  momentsSummary(signal) {
    const rows = this.telemetry[signal.log]?.t_ms.length ?? 0;
    const minutes = (rows * this.telemetry.sample_every_ms) / 60_000;
    const count = this.values(signal).length;
    return { share: this.#share(rows), count, perMinute: minutes ? count / minutes : null };
  }

  /** @param {number} known */
  #share(known) {
    return Math.min(1, known / Math.max(this.durationMs / this.telemetry.sample_every_ms, 1));
  }
}

/**
 * Telemetry without any measurement: only the times of the answers.
 * @param {number} durationMs
 * @param {MeasuredAnswer[]} answers
 * @returns {TelemetryFile}
 */
export function unmeasured(durationMs, answers) {
  return { duration_ms: durationMs, sample_every_ms: 200, answers, gaps: [] };
}

/**
 * @param {number[]} times
 * @param {number} ms
 */
export function lowerBound(times, ms) {
  let low = 0;
  let high = times.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (times[middle] < ms) low = middle + 1;
    else high = middle;
  }
  return low;
}

/**
 * @param {Signal} options
 * @param {Sample} value
 */
export function withUnit({ scale }, value) {
  if (value === null) return "–";
  const { unit } = scale;
  const size = Math.abs(Number(value));
  const isZero = Number(size.toFixed(scale.shown_decimals)) === 0;
  const hasBothSigns = scale.low < 0 && scale.high > 0;
  const sign = isZero ? "" : Number(value) < 0 ? "−" : hasBothSigns ? "+" : "";
  return `${sign}${number(size, scale.shown_decimals)}${unit && unit !== "°" ? " " : ""}${unit}`;
}

/**
 * The question's short name, where there is little room: Q2.
 * @param {number} position
 */
export function questionNumber(position) {
  return _("Q%(number)s", { number: position });
}

/**
 * 02:41.6, with hours where there are any; labels have no tenths.
 * @param {number} ms
 * @param {boolean} [tenths]
 */
export function clock(ms, tenths = true) {
  const whole = tenths ? Math.floor(ms / 100) / 10 : Math.floor(ms / 1000);
  const hours = Math.floor(whole / 3600);
  const minutes = String(Math.floor(whole / 60) % 60).padStart(2, "0");
  const seconds = number(whole % 60, tenths ? 1 : 0).padStart(tenths ? 4 : 2, "0");
  return `${hours ? `${hours}:` : ""}${minutes}:${seconds}`;
}
