// A table with a summary of every signal: the lanes in numbers.

import { gettext as _, number } from "../site/gettext.js";
import { withUnit } from "./signals.js";

/** @import { Signals } from "./signals.js" */

/**
 * @param {HTMLElement} body
 * @param {Signals} signals
 */
export function fillSummary(body, signals) {
  /** @param {Signal} signal */
  const row = (signal) => (signal.drawn === "ticks" ? momentsRow : numberRow)(signal, signals);
  body.replaceChildren(...signals.numbers.map(row));
}

/**
 * @param {Signal} signal
 * @param {Signals} signals
 */
function numberRow(signal, signals) {
  const { share, median, least, most } = signals.summary(signal);
  return tableRow(signal, share, [median, least, most].map((value) => cell(withUnit(signal, value))));
}

/**
 * @param {Signal} signal
 * @param {Signals} signals
 */
function momentsRow(signal, signals) {
  const { share, count, perMinute } = signals.momentsSummary(signal);
  const whole = cell(perMinute === null ? "–" : counted(count, perMinute));
  whole.setAttribute("colspan", "3");
  return tableRow(signal, share, [whole]);
}

/**
 * @param {number} count
 * @param {number} perMinute
 */
function counted(count, perMinute) {
  return _("%(count)s in all · %(rate)s per minute", { count, rate: number(perMinute, 1) });
}

/**
 * @param {Signal} options
 * @param {number} share
 * @param {HTMLElement[]} cells
 */
function tableRow({ label }, share, cells) {
  const row = document.createElement("tr");
  row.append(cell(label, true), cell(`${Math.round(share * 100)} %`), ...cells);
  return row;
}

/**
 * @param {string} text
 * @param {boolean} [isHead]
 */
function cell(text, isHead = false) {
  const made = document.createElement(isHead ? "th" : "td");
  if (isHead) made.setAttribute("scope", "row");
  made.className = isHead ? "py-1 pr-4 text-left font-normal" : "py-1 pr-4 text-right font-mono tabular-nums";
  made.textContent = text;
  return made;
}
