// The words for where each answer stands. Each is one sentence in any language, and none is made at module load.

import "./support/page.js";

import assert from "node:assert/strict";
import { test } from "node:test";

import { answerStatus, finishStatus, savedSentences, timeLeft } from "../../portal/static/room/answer_status.js";
import { obstacleText } from "../../portal/static/room/obstacle_text.js";
import { Unreachable } from "../../portal/static/server/api.js";
import { learn } from "../../portal/static/site/gettext.js";
import { Upload } from "../../portal/static/upload/upload.js";

/** @param {number} takes */
function question(takes = 2) {
  const answers = [{ answer_id: "a", take: 1, part: 1, state: "recording", recorded_ms: 12_000 }];
  return { position: 2, prompt: "Why?", think_ms: 0, think_left_ms: 0, limit_ms: 60_000, takes, answers };
}

/** @param {Partial<Upload>} values */
function upload(values) {
  return new Upload({ answer_id: "a", is_ended: true, stored_bytes: 200, sent_bytes: 90, saved_ms: 5_000, ...values });
}

/**
 * @param {Partial<Upload>} values
 * @param {string} [storage]
 * @param {number | null} [leftMs]
 */
function told(values, storage = "", leftMs = null) {
  return answerStatus(question(), [upload(values)], leftMs, () => storage);
}

test("an answer on its way says how much is saved, how long it takes, and where the rest waits", () => {
  assert.equal(told({}).text, "saving 45 %");
  assert.equal(told({}, "", 90_000).text, "saving 45 %, about 2 min left");
  assert.equal(told({}, "browser").text, "kept in this browser, 45 % saved");
  assert.equal(told({}, "page").text, "kept in this page, 45 % saved");
});

test("an answer that is over says what is saved of it, and why no more", () => {
  assert.equal(told({ is_complete: true }).text, "saved 00:05");
  assert.equal(told({ is_complete: true, lost: "the rest is gone" }).text, "only 00:05 saved: the rest is gone");
  assert.equal(told({ failure: "it is too large" }).text, "not saved: it is too large");
});

test("what is said of an interrupted answer is one sentence", () => {
  assert.equal(savedSentences(told({}, "page")).said, "What you said is kept in this page, and saved later.");
  assert.equal(
    savedSentences(told({ lost: "the rest is gone" }, "browser")).said,
    "What there is of it is kept in this browser, and saved later: the rest is gone.",
  );
  assert.equal(savedSentences(told({ is_complete: true })).kept, "Your answer is saved.");
});

test("the end says which question still needs the candidate", () => {
  const failed = [upload({ failure: "it is too large" })];

  assert.equal(
    finishStatus([question()], failed).hint,
    "Question 2 is not saved: it is too large. Record it again; then you can finish.",
  );
  assert.match(finishStatus([question(1)], failed).hint, /No take of it is left/);
  assert.equal(
    finishStatus([question()], [upload({})], 20_000).hint,
    "The last pieces are still being saved: about 20 s left.",
  );
});

test("the words are those of the language that the page has learned by the time they are shown", () => {
  const german = { "about %(seconds)s s left": "noch etwa %(seconds)s s", "No connection.": "Keine Verbindung." };
  assert.equal(timeLeft(20_000), "about 20 s left");
  learn({ ...german, "saving %(percent)s %%, %(left)s": "%(percent)s %% gesichert, %(left)s" }, () => 0);

  assert.equal(told({}, "", 20_000).text, "45 % gesichert, noch etwa 20 s");
  assert.match(obstacleText(new Unreachable("offline"), true), /^Keine Verbindung\. Keep talking/);
  learn({}, () => 0);
});
