// Reads telemetry.json: the measured values at a moment, and a summary of each signal. What was not measured is null,
// as in the file, and never 0.

// For each series: the log in the file that has it, its label, its unit and its decimals.
export const SERIES = {
  count: { log: "face", label: "Faces in the picture", unit: "", digits: 0 },
  yaw_deg: { log: "face", label: "Head yaw", unit: "°", digits: 0, signed: true },
  pitch_deg: { log: "face", label: "Head pitch", unit: "°", digits: 0, signed: true },
  roll_deg: { log: "face", label: "Head roll", unit: "°", digits: 0, signed: true },
  gaze_x: { log: "eyes", label: "Eyes, sideways", unit: "", digits: 2, signed: true },
  openness: { log: "eyes", label: "Eyes, openness", unit: "", digits: 2 },
  level_dbfs: { log: "audio", label: "Sound level", unit: "dBFS", digits: 0, signed: true },
  speech: { log: "audio", label: "Speech probability", unit: "", digits: 2 },
  brightness: { log: "quality", label: "Brightness", unit: "", digits: 2 },
  sharpness: { log: "quality", label: "Sharpness", unit: "", digits: 0 },
  frozen: { log: "quality", label: "Frozen picture (0 no, 1 yes)", unit: "", digits: 0 },
};

// A row is valid for the time around it, in periods to each side: half a period, and a reserve for uneven frames.
const REACH = 0.75;
// No line is drawn between rows that are further apart than this many periods.
const HOLE = 2.5;

export class Signals {
  constructor(telemetry) {
    this.telemetry = telemetry;
    this.durationMs = telemetry.duration_ms;
    this.reachMs = telemetry.sample_every_ms * REACH;
    this.holeMs = telemetry.sample_every_ms * HOLE;
    this.answers = telemetry.answers;
    this.gaps = telemetry.gaps;
    this.isMeasured = "face" in telemetry;
  }

  times(name) {
    return this.telemetry[SERIES[name].log]?.t_ms ?? [];
  }

  values(name) {
    return this.telemetry[SERIES[name].log]?.[name] ?? [];
  }

  at(name, ms) {
    return this.#near(this.times(name), this.values(name), ms);
  }

  boxAt(ms) {
    return this.#near(this.telemetry.face?.t_ms ?? [], this.telemetry.face?.box ?? [], ms);
  }

  answerAt(ms) {
    return this.answers.find((answer) => answer.start_ms <= ms && ms < answer.end_ms) ?? null;
  }

  /** The last box before `ms`: where the face was seen last. */
  lastBoxBefore(ms) {
    if (!this.isMeasured) return null;
    const { t_ms: times, box: boxes } = this.telemetry.face;
    for (let row = lowerBound(times, ms) - 1; row >= 0; row--) if (boxes[row]) return boxes[row];
    return null;
  }

  #near(times, values, ms) {
    const right = lowerBound(times, ms);
    const nearer = right > 0 && (right === times.length || ms - times[right - 1] <= times[right] - ms);
    const row = nearer ? right - 1 : right;
    if (row >= times.length || Math.abs(times[row] - ms) > this.reachMs) return null;
    return values[row] ?? null;
  }

  /** The measured share, the median, the least and the greatest value. */
  summary(name) {
    const values = this.values(name);
    const known = values.filter((value) => value !== null).map(Number).sort((a, b) => a - b);
    const expected = Math.max(values.length, this.durationMs / this.telemetry.sample_every_ms, 1);
    const median = known.length ? known[Math.floor(known.length / 2)] : null;
    return { share: known.length / expected, median, least: known[0] ?? null, most: known.at(-1) ?? null };
  }
}

/** Telemetry without any measurement: only the times of the answers. */
export function unmeasured(durationMs, answers) {
  return { duration_ms: durationMs, sample_every_ms: 200, answers, gaps: [] };
}

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

export function withUnit(name, value) {
  if (value === null) return "–";
  const { unit, digits, signed } = SERIES[name];
  const size = Math.abs(Number(value)).toFixed(digits);
  const isZero = Number(size) === 0;
  const sign = isZero ? "" : value < 0 ? "−" : signed && unit === "°" ? "+" : "";
  const number = sign + size;
  return unit === "°" ? `${number}°` : unit ? `${number} ${unit}` : number;
}

/** 02:41.6, with hours where there are any; labels have no tenths. */
export function clock(ms, tenths = true) {
  const whole = tenths ? Math.floor(ms / 100) / 10 : Math.floor(ms / 1000);
  const hours = Math.floor(whole / 3600);
  const minutes = String(Math.floor(whole / 60) % 60).padStart(2, "0");
  const seconds = (whole % 60).toFixed(tenths ? 1 : 0).padStart(tenths ? 4 : 2, "0");
  return `${hours ? `${hours}:` : ""}${minutes}:${seconds}`;
}
