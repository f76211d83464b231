// How the size of a request follows the line, and what is learned from a refusal.

import assert from "node:assert/strict";
import { test } from "node:test";

import { Problem, Unintelligible, Unreachable } from "../../portal/static/server/api.js";
import { ChunkSize } from "../../portal/static/upload/chunk_size.js";

const FIRST = 65_536;
const LEAST = 1_024;
const tooLarge = () => new Problem(413, { detail: "Too large." });

test("the first request is small, and never larger than the server takes", () => {
  assert.equal(new ChunkSize(1_000_000).bytes, FIRST);
  assert.equal(new ChunkSize(10_000).bytes, 10_000);
});

test("quick full requests make the next one larger by half, up to the limit", () => {
  const size = new ChunkSize(100_000);
  size.arrived(FIRST, 100);
  assert.equal(size.bytes, FIRST * 1.5);
  size.arrived(size.bytes, 100);
  assert.equal(size.bytes, 100_000);
});

test("a slow request and one that was not full change nothing", () => {
  const size = new ChunkSize(1_000_000);
  size.arrived(FIRST, 6_000);
  size.arrived(FIRST - 1, 10);
  assert.equal(size.bytes, FIRST);
});

test("a request that took too long halves the next one, down to the least", () => {
  const size = new ChunkSize(1_000_000);
  size.failed(new Unreachable("late", true), FIRST, 60_000);
  assert.equal(size.bytes, FIRST / 2);
  for (let times = 0; times < 20; times += 1) size.failed(new Unreachable("late", true), size.bytes, 60_000);
  assert.equal(size.bytes, LEAST);
});

test("a connection that breaks at once says nothing about the size", () => {
  const size = new ChunkSize(1_000_000);
  size.failed(new Unreachable("gone"), FIRST, 5);
  assert.equal(size.bytes, FIRST);
});

test("our server's 413 is no refusal of the file while smaller requests can be tried", () => {
  const size = new ChunkSize(1_000_000);
  const seen = size.failed(tooLarge(), FIRST, 5);
  assert.ok(seen instanceof Unintelligible);
  assert.equal(seen.isSoon, true);
});

test("our server's 413 to the least request means the file", () => {
  const size = new ChunkSize(1_000_000);
  const refusal = tooLarge();
  assert.equal(size.failed(refusal, LEAST, 5), refusal);
  assert.equal(refusal instanceof Problem && size.bytes, FIRST);
});

test("a proxy's 413 is remembered as the most that it takes", () => {
  const size = new ChunkSize(1_000_000);
  size.failed(new Unintelligible(413, "A proxy's page"), FIRST, 5);
  size.arrived(size.bytes, 5);
  assert.equal(size.bytes, FIRST / 2);
});

test("the time that is left follows the measured speed, and is unknown before the first request", () => {
  const size = new ChunkSize(1_000_000);
  assert.equal(size.leftMs(1_000), null);
  size.arrived(10_000, 1_000);
  assert.equal(size.leftMs(20_000), 2_000);
  size.failed(new Unreachable("late", true), 1_000, 60_000);
  assert.equal(Math.round(size.leftMs(1_000) ?? 0), 60_000);
});
