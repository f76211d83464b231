// How long a sender waits after a failure.

import assert from "node:assert/strict";
import { test } from "node:test";

import { Unreachable } from "../../portal/static/server/api.js";
import { Backoff } from "../../portal/static/upload/backoff.js";

/**
 * Whether it waits so long, but for the moment that passed since.
 * @param {Backoff} backoff
 * @param {number} ms
 */
const waits = (backoff, ms) => assert.ok(backoff.waitMs <= ms && backoff.waitMs > ms - 400, `${backoff.waitMs}`);

test("nothing has failed yet, so nothing is waited for", () => {
  assert.ok(new Backoff().waitMs <= 0);
});

test("each failure doubles the wait, up to the longest, and it never gives up", () => {
  const backoff = new Backoff();
  for (const ms of [500, 1_000, 2_000, 4_000, 8_000, 8_000, 8_000]) {
    backoff.failed(new Error("no"));
    waits(backoff, ms);
  }
  assert.equal(backoff.failures, 7);
});

test("a success forgets the failures, and the next wait is the shortest", () => {
  const backoff = new Backoff();
  backoff.failed(new Error("no"));
  backoff.failed(new Error("no"));
  backoff.succeeded();
  assert.equal(backoff.error, null);
  backoff.failed(new Error("no"));
  waits(backoff, 500);
});

test("a request that timed out has waited already, so the shortest wait follows", () => {
  const backoff = new Backoff();
  for (let times = 0; times < 4; times += 1) backoff.failed(new Unreachable("late", true));
  waits(backoff, 500);
});

test("where the obstacle may be gone, the next try comes at once", () => {
  const backoff = new Backoff();
  backoff.failed(new Error("no"));
  backoff.clear();
  assert.ok(backoff.waitMs <= 0);
});
