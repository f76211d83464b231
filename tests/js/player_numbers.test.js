// Numbers and times as the player writes them, in the language of the page.

import assert from "node:assert/strict";
import { afterEach, test } from "node:test";

import { speaks } from "./support/page.js";
import { clock, withUnit } from "../../portal/static/player/signals.js";

/** @type {Omit<Signal, "scale">} */
const SIGNAL = { name: "x", log: "face", lane: "", drawn: "line", label: "", short: "", ends: "", ink: "text" };

/**
 * @param {number} value
 * @param {Partial<SignalScale>} scale
 */
const written = (value, scale) =>
  withUnit({ ...SIGNAL, scale: { unit: "", low: 0, high: 1, shown_decimals: 2, is_logarithmic: false, ...scale } }, value);

afterEach(() => speaks("en"));

test("a number has its unit, and a sign where the scale has both", () => {
  assert.equal(written(0.25, { unit: "open" }), "0.25 open");
  assert.equal(written(12.4, { low: -45, high: 45, unit: "°", shown_decimals: 0 }), "+12°");
  assert.equal(written(-0.4, { low: -45, high: 45, unit: "°", shown_decimals: 0 }), "0°");
  assert.equal(written(-31.6, { low: -70, high: 0, unit: "dBFS", shown_decimals: 0 }), "−32 dBFS");
});

test("German writes a comma, in numbers and in times", () => {
  speaks("de");
  assert.equal(written(-0.5, { low: -1, high: 1 }), "−0,50");
  assert.equal(clock(161_640), "02:41,6");
});

test("a time has hours where there are any, and labels have no tenths", () => {
  assert.equal(clock(161_640), "02:41.6");
  assert.equal(clock(3_661_000, false), "1:01:01");
});
