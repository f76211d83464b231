// Where the interview goes on after a reload.

import assert from "node:assert/strict";
import { test } from "node:test";

import { whereToResume } from "../../portal/static/room/resume_point.js";
import { takesLeft } from "../../portal/static/room/takes.js";

/**
 * A question with one answer for each of these takes.
 * @param {number} position
 * @param {number[]} takes
 * @returns {Question}
 */
function question(position, ...takes) {
  const answers = takes.map((take) => ({ answer_id: `${position}-${take}`, take, part: 1, state: "received" }));
  return { position, prompt: "Why?", think_ms: 0, think_left_ms: 0, limit_ms: 60_000, takes: 3, answers };
}

/**
 * @param {Question[]} questions
 * @param {number} accepted
 * @param {string | null} [interrupted]
 */
function resumed(questions, accepted, interrupted = null) {
  const found = whereToResume(questions, accepted, interrupted);
  return [found.stage, found.question.position];
}

test("a fresh interview begins with the first question", () => {
  assert.deepEqual(resumed([question(1), question(2)], 0), ["ready", 1]);
});

test("an answer that was not accepted yet is kept, and shown again", () => {
  assert.deepEqual(resumed([question(1, 1), question(2)], 0), ["kept", 1]);
});

test("after an accepted answer the next question comes", () => {
  assert.deepEqual(resumed([question(1, 1), question(2)], 1), ["ready", 2]);
});

test("an answer that was cut off is interrupted", () => {
  assert.deepEqual(resumed([question(1, 1), question(2, 1)], 1, "2-1"), ["interrupted", 2]);
});

test("an earlier take that was cut off does not interrupt the newest take", () => {
  assert.deepEqual(resumed([question(1, 1, 2)], 0, "1-1"), ["kept", 1]);
});

test("after the last accepted answer the interview can be finished", () => {
  assert.deepEqual(resumed([question(1, 1), question(2, 1)], 2), ["finish", 2]);
});

test("what the browser noted for another interview does not skip a question without an answer", () => {
  assert.deepEqual(resumed([question(1), question(2)], 2), ["ready", 1]);
});

test("the takes that are left are those that no answer used", () => {
  assert.equal(takesLeft(question(1)), 3);
  assert.equal(takesLeft(question(1, 1, 2)), 1);
});
