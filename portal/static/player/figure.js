// The figure below the film and the values beside it: the lanes, their cursor, and the slider that sets the film's
// time. Where nothing was measured, it shows only the questions.

import { Lanes } from "./lanes.js";
import { SERIES, clock, withUnit } from "./signals.js";

const BESIDE_THE_FILM = ["count", "yaw_deg", "pitch_deg", "gaze_x", "level_dbfs", "brightness"];

export class Figure {
  constructor(page, signals, flags, { seek, onResize }) {
    Object.assign(this, { page, signals, seek });
    const rows = [...page.querySelectorAll("[data-lane]")].filter((row) => !row.hidden);
    this.part("figure").hidden = false;
    const rowOfLane = Object.fromEntries(rows.map((row) => [row.dataset.lane, row]));
    this.lanes = new Lanes(this.part("lanes"), rowOfLane, signals, flags);
    this.lanes.draw();
    this.#bindSlider();
    this.#bindChoices(onResize);
    if (signals.isMeasured) this.part("now").replaceChildren(...BESIDE_THE_FILM.flatMap(nowRow));
    document.fonts?.ready.then(() => this.lanes.draw());
  }

  part(name) {
    return this.page.querySelector(`[data-part="${name}"]`);
  }

  follow(ms) {
    this.#keepInView(ms);
    this.#moveCursor(ms);
    this.#showValues(ms);
  }

  #moveCursor(ms) {
    this.part("cursor").style.transform = `translateX(${this.lanes.x(ms)}px)`;
    const slider = this.part("slider");
    const answer = this.signals.answerAt(ms);
    slider.setAttribute("aria-valuenow", String(Math.round(ms / 1000)));
    slider.setAttribute("aria-valuetext", `${clock(ms, false)}${answer ? `, question ${answer.question}` : ""}`);
  }

  #showValues(ms) {
    for (const cell of this.page.querySelectorAll("[data-value]")) {
      const { value: lane } = cell.dataset;
      if (this.signals.isMeasured || lane === "questions") cell.textContent = this.#value(lane, ms);
    }
    for (const cell of this.part("now").querySelectorAll("[data-now]")) {
      const { now: name } = cell.dataset;
      cell.textContent = withUnit(name, this.signals.at(name, ms));
    }
  }

  #value(lane, ms) {
    const { signals } = this;
    const one = (name) => withUnit(name, signals.at(name, ms));
    const shown = (names) => names.filter((name) => !this.lanes.hidden.has(name)).map(one).join("\n");
    switch (lane) {
      case "questions": {
        const answer = signals.answerAt(ms);
        return answer ? `Q${answer.question}` : "–";
      }
      case "faces":
        return one("count");
      case "head":
        return shown(["yaw_deg", "pitch_deg", "roll_deg"]);
      case "eyes":
        return shown(["gaze_x", "openness"]);
      case "sound":
        return one("level_dbfs") + (signals.at("speech", ms) >= 0.5 ? "\nspeech" : "");
      default:
        return one("brightness") + (signals.at("frozen", ms) ? "\nfrozen" : "");
    }
  }

  #keepInView(ms) {
    const { lanes } = this;
    const span = Number(this.part("zoom").value);
    const whole = this.signals.durationMs;
    if (!span || span >= whole) return lanes.fromMs === 0 && lanes.toMs === whole ? null : lanes.show(0, whole);
    const fits = lanes.toMs - lanes.fromMs === span && lanes.fromMs <= ms && ms <= lanes.toMs;
    if (fits) return null;
    const fromMs = Math.min(Math.max(ms - span * 0.1, 0), whole - span);
    return lanes.show(fromMs, fromMs + span);
  }

  #bindSlider() {
    const slider = this.part("slider");
    const pointedMs = (event) => this.lanes.ms(event.clientX - slider.getBoundingClientRect().left);
    slider.setAttribute("aria-valuemax", String(Math.round(this.signals.durationMs / 1000)));
    slider.addEventListener("pointerdown", (event) => {
      slider.setPointerCapture(event.pointerId);
      this.seek(pointedMs(event));
    });
    slider.addEventListener("pointermove", (event) => {
      const ms = pointedMs(event);
      if (slider.hasPointerCapture(event.pointerId)) this.seek(ms);
      this.#hover(ms);
    });
    slider.addEventListener("pointerleave", () => (this.part("hover").hidden = true));
  }

  #hover(ms) {
    const line = this.part("hover");
    line.hidden = false;
    line.style.transform = `translateX(${this.lanes.x(ms)}px)`;
    line.dataset.side = this.lanes.x(ms) > this.lanes.width / 2 ? "left" : "right";
    line.firstElementChild.textContent = clock(ms);
  }

  #bindChoices(onResize) {
    const redraw = () => {
      this.lanes.draw();
      onResize();
    };
    new ResizeObserver(redraw).observe(this.part("lanes"));
    this.part("zoom").addEventListener("change", onResize);
    for (const box of this.page.querySelectorAll("[data-series]")) {
      box.addEventListener("change", () => {
        this.lanes.toggle(box.dataset.series, box.checked);
        onResize();
      });
    }
  }
}

function nowRow(name) {
  const term = document.createElement("dt");
  term.className = "text-muted";
  term.textContent = SERIES[name].label;
  const value = document.createElement("dd");
  value.className = "text-right font-mono tabular-nums";
  value.dataset.now = name;
  value.textContent = "–";
  return [term, value];
}
