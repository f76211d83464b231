// Shows how loud the microphone is, as a few moving bars. The level is only for the person who speaks and is never
// sent.

const LOOK_EVERY_MS = 100; // ten times a second looks alive and costs nothing
const SILENT_DBFS = -60; // the bars are at rest at and below this level …
const LOUD_DBFS = -15; // … and full at this one: close, clear speech

export class LevelMeter {
  /**
   * `bars` are the elements to move; `onLevel(dbfs)` is called with every level.
   * @param {HTMLElement[]} bars
   * @param {(dbfs: number) => void} [onLevel]
   */
  constructor(bars, onLevel = () => {}) {
    this.bars = bars;
    this.onLevel = onLevel;
    this.recent = this.bars.map(() => 0);
  }

  /** @param {number} dbfs */
  show(dbfs) {
    this.onLevel(dbfs);
    const height = Math.min(1, Math.max(0, (dbfs - SILENT_DBFS) / (LOUD_DBFS - SILENT_DBFS)));
    this.recent = [...this.recent.slice(1), height];
    this.bars.forEach((bar, index) => (bar.style.scale = `1 ${0.1 + 0.9 * this.recent[index]}`));
  }
}

/** Measures the level of a stream of this browser and calls `onLevel(dbfs)` ten times a second. */
export class StreamLevel {
  /**
   * @param {MediaStream} stream
   * @param {(dbfs: number) => void} onLevel
   */
  constructor(stream, onLevel) {
    this.onLevel = onLevel;
    this.context = new AudioContext();
    this.analyser = this.context.createAnalyser();
    this.analyser.fftSize = 2048;
    this.context.createMediaStreamSource(stream).connect(this.analyser);
    this.samples = new Float32Array(this.analyser.fftSize);
    this.timer = setInterval(() => this.#look(), LOOK_EVERY_MS);
    void this.context.resume(); // where the browser wants a press first, the bars rest until then
  }

  stop() {
    clearInterval(this.timer);
    return this.context.close();
  }

  #look() {
    this.analyser.getFloatTimeDomainData(this.samples);
    const power = this.samples.reduce((sum, sample) => sum + sample * sample, 0) / this.samples.length;
    this.onLevel(Math.max(-90, 10 * Math.log10(power + 1e-9)));
  }
}
