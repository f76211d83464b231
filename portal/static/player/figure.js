// The figure below the film and the values beside it: the lanes, their cursor, and the slider that sets the film's
// time. Where nothing was measured, it shows only the questions.

import { elementIn, elementsIn } from "../page/elements.js";
import { gettext as _ } from "../site/gettext.js";
import { Lanes } from "./lanes.js";
import { clock, questionNumber } from "./signals.js";

/** @import { Signals } from "./signals.js" */

export class Figure {
  /**
   * @param {HTMLElement} page
   * @param {Signals} signals
   * @param {FlagSpan[]} flags
   * @param {{ seek: (ms: number) => void, onResize: () => void }} options
   */
  constructor(page, signals, flags, { seek, onResize }) {
    this.page = page;
    this.signals = signals;
    this.seek = seek;
    const rows = elementsIn(page, "[data-lane]").filter((row) => !row.hidden);
    this.part("figure").hidden = false;
    const rowOfLane = Object.fromEntries(rows.map((row) => [row.dataset.lane ?? "", row]));
    this.lanes = new Lanes(elementIn(page, `[data-part="lanes"]`, HTMLCanvasElement), rowOfLane, signals, flags);
    for (const box of this.#switches()) if (!box.checked) this.lanes.hidden.add(box.dataset.series ?? "");
    this.lanes.draw();
    this.#bindSlider();
    this.#bindChoices(onResize);
    if (signals.isMeasured) this.#openRows(rowOfLane);
    void document.fonts?.ready.then(() => this.lanes.draw());
  }

  /** @param {string} name */
  part(name) {
    return elementIn(this.page, `[data-part="${name}"]`);
  }

  #switches() {
    return elementsIn(this.page, "[data-series]").filter((box) => box instanceof HTMLInputElement);
  }

  // Lanes without any data say so. Each lane has a line beside the film, too.
  /** @param {Record<string, HTMLElement>} rowOfLane */
  #openRows(rowOfLane) {
    for (const lane of this.signals.lanes) {
      const row = rowOfLane[lane.name];
      if (row) elementIn(row, "[data-empty]").hidden = this.signals.hasData(lane);
    }
    this.part("now").replaceChildren(...this.signals.lanes.flatMap(nowRow));
  }

  /** @param {number} ms */
  follow(ms) {
    this.#keepInView(ms);
    this.#moveCursor(ms);
    this.#showValues(ms);
  }

  /** @param {number} ms */
  #moveCursor(ms) {
    this.part("cursor").style.transform = `translateX(${this.lanes.x(ms)}px)`;
    const slider = this.part("slider");
    const answer = this.signals.answerAt(ms);
    slider.setAttribute("aria-valuenow", String(Math.round(ms / 1000)));
    const time = clock(ms, false);
    const place = answer ? _("%(time)s, question %(number)s", { time, number: answer.question }) : time;
    slider.setAttribute("aria-valuetext", place);
  }

  /** @param {number} ms */
  #showValues(ms) {
    const answer = this.signals.answerAt(ms);
    this.#write("value", "questions", answer ? questionNumber(answer.question) : "–");
    if (!this.signals.isMeasured) return;
    for (const { name, signals } of this.signals.lanes) {
      const shown = signals.filter((signal) => signal.drawn !== "number" && !this.lanes.hidden.has(signal.name));
      const [main, ...others] = signals;
      if (!main) continue;
      this.#write("value", name, this.#joined(shown, "reading", ms, "\n"));
      this.#write("now", name, this.signals.reading(main, ms));
      const isRatio = !main.scale.unit && main.scale.shown_decimals > 0;
      const notes = [isRatio ? main.ends : "", this.#joined(others, "note", ms, " · ")];
      this.#write("note", name, notes.filter(Boolean).join(" · "));
    }
  }

  /**
   * @param {Signal[]} signals
   * @param {"reading" | "note"} how
   * @param {number} ms
   * @param {string} between
   */
  #joined(signals, how, ms, between) {
    return signals.map((signal) => this.signals[how](signal, ms)).filter(Boolean).join(between);
  }

  /**
   * @param {string} what
   * @param {string} lane
   * @param {string} text
   */
  #write(what, lane, text) {
    const cell = elementIn(this.page, `[data-${what}="${lane}"]`);
    if (cell.textContent !== text) cell.textContent = text; // most pictures change few of them
  }

  /** @param {number} ms */
  #keepInView(ms) {
    const { lanes } = this;
    const span = Number(elementIn(this.page, `[data-part="zoom"]`, HTMLSelectElement).value);
    const whole = this.signals.durationMs;
    if (!span || span >= whole) return lanes.fromMs === 0 && lanes.toMs === whole ? null : lanes.show(0, whole);
    const fits = lanes.toMs - lanes.fromMs === span && lanes.fromMs <= ms && ms <= lanes.toMs;
    if (fits) return null;
    const fromMs = Math.min(Math.max(ms - span * 0.1, 0), whole - span);
    return lanes.show(fromMs, fromMs + span);
  }

  #bindSlider() {
    const slider = this.part("slider");
    /** @param {PointerEvent} event */
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

  /** @param {number} ms */
  #hover(ms) {
    const line = this.part("hover");
    line.hidden = false;
    line.style.transform = `translateX(${this.lanes.x(ms)}px)`;
    line.dataset.side = this.lanes.x(ms) > this.lanes.width / 2 ? "left" : "right";
    elementIn(line, "*").textContent = clock(ms);
  }

  /** @param {() => void} onResize */
  #bindChoices(onResize) {
    const redraw = () => {
      this.lanes.draw();
      onResize();
    };
    new ResizeObserver(redraw).observe(this.part("lanes"));
    this.part("zoom").addEventListener("change", onResize);
    for (const box of this.#switches()) {
      box.addEventListener("change", () => {
        this.lanes.toggle(box.dataset.series ?? "", box.checked);
        onResize();
      });
    }
  }
}

/** @param {Lane} options */
function nowRow({ name, label }) {
  const cells = [
    ["dt", "text-muted", "label"],
    ["dd", "data min-w-0", "note"],
    ["dd", "text-right font-mono tabular-nums", "now"],
  ].map(([tag = "", className = "", what = ""]) => {
    const cell = Object.assign(document.createElement(tag), { className });
    cell.dataset[what] = name;
    if (what === "label") cell.textContent = label;
    return cell;
  });
  return cells;
}
