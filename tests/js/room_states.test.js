// The table of the room's states: which event may come in which state, and what follows.

import assert from "node:assert/strict";
import { test } from "node:test";

import { AT_FIRST, TRANSITIONS, next } from "../../portal/static/room/room_states.js";

/** @import { RoomEvent, RoomState } from "../../portal/static/room/room_states.js" */

const STATES = /** @type {RoomState[]} */ (Object.keys(TRANSITIONS));
const ANY_TIME = /** @type {RoomEvent[]} */ (["failed", "seat_lost"]);
const LISTED = STATES.flatMap((state) => /** @type {RoomEvent[]} */ (Object.keys(TRANSITIONS[state])));
const EVENTS = [...new Set([...LISTED, ...ANY_TIME])];

/**
 * @param {RoomState} from
 * @param {RoomEvent[]} events
 */
function after(from, events) {
  return events.reduce((state, event) => next(state, event) ?? assert.fail(`${state} by ${event}`), from);
}

test("every event in every state leads to a known state, changes nothing, or is refused", () => {
  for (const state of STATES) {
    for (const event of EVENTS) {
      const following = next(state, event);
      const isListed = event in TRANSITIONS[state];
      if (isListed) assert.equal(following, TRANSITIONS[state][event]);
      else if (!ANY_TIME.includes(event)) assert.equal(following, undefined, `${state} by ${event}`);
      if (following) assert.ok(STATES.includes(following), following);
    }
  }
});

test("a failure and the loss of the seat may come in every state", () => {
  for (const state of STATES) {
    assert.equal(next(state, "failed"), "trouble");
    assert.equal(next(state, "seat_lost"), "elsewhere");
  }
});

test("each event always leads to the same state, so that its name says where the room is", () => {
  for (const event of EVENTS) {
    const found = new Set(STATES.map((state) => next(state, event)).filter(Boolean));
    assert.equal(found.size, 1, `${event}: ${[...found].join(" ")}`);
  }
});

test("every state can be reached from the first one", () => {
  const reached = new Set([AT_FIRST]);
  for (const state of reached) {
    for (const event of EVENTS) {
      const following = next(/** @type {RoomState} */ (state), event);
      if (following) reached.add(following);
    }
  }
  assert.deepEqual([...reached].sort(), [...STATES].sort());
});

test("nothing but a reload leads out of trouble", () => {
  const ways = EVENTS.filter((event) => !ANY_TIME.includes(event)).map((event) => next("trouble", event));
  assert.deepEqual([...new Set(ways)], [undefined]);
});

test("a question with time to think, its answer, and the next question", () => {
  /** @type {RoomEvent[]} */
  const asked = ["opened", "question_announced", "prompt_asked", "prompt_shown", "start_asked", "recording_began"];
  assert.equal(after(AT_FIRST, asked), "recording");
  assert.equal(after("recording", ["recording_ended", "review_opened", "question_announced"]), "ready");
});

test("a turned device goes on recording in a further part, and a lost one is interrupted", () => {
  assert.equal(after("recording", ["recording_began"]), "recording");
  assert.equal(after("recording", ["recording_ended", "cut_off", "start_asked", "recording_began"]), "recording");
});

test("an interrupted answer of which nothing arrived falls back to the one before", () => {
  assert.equal(after("interrupted", ["answer_found", "question_announced"]), "ready");
});

test("at the end a question can be recorded again, with or without time to think", () => {
  assert.equal(after("finish", ["prompt_shown", "start_asked"]), "starting");
  assert.equal(after("finish", ["start_asked"]), "starting");
});

test("another tab takes over, waits for what the first one has, and finds the right question", () => {
  assert.equal(after("loading", ["seat_lost", "taken_over"]), "waiting");
  assert.equal(after("waiting", ["other_device_sends", "cut_off"]), "interrupted");
});

test("a button that is pressed twice, and a clock that ends meanwhile, change nothing", () => {
  assert.equal(next("asking", "prompt_asked"), null);
  assert.equal(next("starting", "start_asked"), null);
});

test("nothing can be recorded that was not started, and nothing is kept while it is recorded", () => {
  const starters = STATES.filter((state) => next(state, "recording_began"));
  assert.deepEqual(starters, ["starting", "recording"]);
  for (const event of /** @type {RoomEvent[]} */ (["question_announced", "all_answered", "prompt_asked"])) {
    assert.equal(next("recording", event), undefined);
  }
});
