// Which replies are believed.

import assert from "node:assert/strict";
import { test } from "node:test";

import { hasAgreedShape } from "../../portal/static/server/reply_shapes.js";

const ROOM = { state: "recording", csrf: "token", questions: [{ position: 1, answers: [] }], chunk_max_bytes: 1 };
const ADDRESS = { upload_url: "/uploads/1", upload_token: "token" };
/** @type {[string, Record<string, unknown>][]} */
const RIGHT = [
  ["room.json", ROOM],
  ["seat", { held: true }],
  ["answers", { ...ADDRESS, answer_id: "1", take: 1, part: 1, limit_ms: 1 }],
  ["kiosk/answers", { ...ADDRESS, answer_id: "1", take: 1, part: 1, limit_ms: 1 }],
  ["answers/1/token", ADDRESS],
  ["answers/1/complete", { state: null }],
  ["events", { kept: 0 }],
  ["questions/1/release", { position: 1, prompt: "Why?", think_left_ms: 0 }],
  ["kiosk/status?tab=1", { is_held: false }],
  ["kiosk/hold", { camera: {} }],
  ["kiosk/stop", { recording: null }],
];

for (const [path, reply] of RIGHT) {
  test(`${path}: the agreed reply is believed, and none that lacks a member or has null in its place`, () => {
    assert.ok(hasAgreedShape(path, reply));
    assert.ok(hasAgreedShape(path, { ...reply, more: 1 }), "our server may say more later");
    for (const name of Object.keys(reply)) {
      assert.ok(!hasAgreedShape(path, { ...reply, [name]: undefined }), `without ${name}`);
      const mayBeNull = (path.endsWith("complete") && name === "state") || name === "recording";
      assert.equal(hasAgreedShape(path, { ...reply, [name]: null }), mayBeNull, name);
    }
  });
}

test("no text, list, number or nothing is a reply", () => {
  for (const reply of ["<html>", [], 1, null, undefined, true]) assert.ok(!hasAgreedShape("events", reply));
});

test("counts are whole and not negative, and an upload's address is on our own site", () => {
  for (const kept of [-1, 1.5, "1", NaN]) assert.ok(!hasAgreedShape("events", { kept }));
  assert.ok(!hasAgreedShape("answers/1/token", { ...ADDRESS, upload_url: "https://elsewhere.example/" }));
});

test("of an address that is not listed any object is right", () => {
  assert.ok(hasAgreedShape("kiosk/release", {}));
  assert.ok(!hasAgreedShape("kiosk/release", []));
});
