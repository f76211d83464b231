// A table with a summary of every signal: the lanes in numbers.

import { SERIES, withUnit } from "./signals.js";

export function fillSummary(body, signals) {
  body.replaceChildren(...Object.keys(SERIES).map((name) => summaryRow(name, signals.summary(name))));
}

function summaryRow(name, { share, median, least, most }) {
  const row = document.createElement("tr");
  const numbers = [median, least, most].map((value) => withUnit(name, value));
  const cells = [SERIES[name].label, `${Math.round(share * 100)} %`, ...numbers];
  row.append(...cells.map((text, index) => cell(text, index === 0)));
  return row;
}

function cell(text, isHead) {
  const made = document.createElement(isHead ? "th" : "td");
  if (isHead) made.scope = "row";
  made.className = isHead ? "py-1 pr-4 text-left font-normal" : "py-1 pr-4 text-right font-mono tabular-nums";
  made.textContent = text;
  return made;
}
