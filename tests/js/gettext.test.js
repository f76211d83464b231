// The sentences of the scripts: translated where a translation is known, with their values, plurals and numbers.

import assert from "node:assert/strict";
import { test } from "node:test";

import { gettext, learn, ngettext, number, translator } from "../../portal/static/site/gettext.js";

const GERMAN = {
  "Saving": "Wird gesichert",
  "%(why)s at %(time)s.": "%(why)s (bei %(time)s).",
  "%(num)s take of %(of)s": ["%(num)s Versuch von %(of)s", "%(num)s Versuche von %(of)s"],
  "saving %(percent)s %%": "%(percent)s %% gesichert",
};

test("a sentence is said in the language that was learned, and in English where it is not known", () => {
  const { gettext: said } = translator(GERMAN);

  assert.equal(said("Saving"), "Wird gesichert");
  assert.equal(said("Not saved"), "Not saved");
  assert.equal(translator().gettext("Saving"), "Saving");
});

test("values stand where the sentence of each language names them", () => {
  const values = { why: "Die Kamera hat aufgehört", time: "00:12" };

  assert.equal(translator(GERMAN).gettext("%(why)s at %(time)s.", values), "Die Kamera hat aufgehört (bei 00:12).");
  assert.equal(translator().gettext("%(a)s %(b)s %(a)s", { a: 1, b: 2 }), "1 2 1");
});

test("two percent signs are one, with values and without", () => {
  assert.equal(translator(GERMAN).gettext("saving %(percent)s %%", { percent: 45 }), "45 % gesichert");
  assert.equal(translator().gettext("100 %%"), "100 %");
});

test("a value is taken as it is, whatever a person typed into it", () => {
  const prompt = "Why %(time)s, 100 %%, and $& or __proto__?";

  assert.equal(translator().gettext("%(prompt)s", { prompt, time: "never" }), prompt);
});

test("a name that every object has is no translation", () => {
  assert.equal(translator().gettext("constructor"), "constructor");
  assert.equal(translator({}).ngettext("toString", "many", 2), "many");
});

test("a number takes its own plural form, in English and by the rule of another language", () => {
  const english = translator();
  const german = translator(GERMAN, (n) => Number(n !== 1));
  /** @param {number} n */
  const inGerman = (n) => german.ngettext("%(num)s take of %(of)s", "%(num)s takes of %(of)s", n, { of: 3 });

  assert.equal(english.ngettext("%(num)s take", "%(num)s takes", 1), "1 take");
  assert.equal(english.ngettext("%(num)s take", "%(num)s takes", 0), "0 takes");
  assert.equal(inGerman(1), "1 Versuch von 3");
  assert.equal(inGerman(2), "2 Versuche von 3");
});

test("a language may have more than two plural forms", () => {
  const rule = (/** @type {number} */ n) => (n === 1 ? 0 : n < 5 ? 1 : 2);
  const { ngettext: said } = translator({ "%(num)s answer": ["%(num)s a", "%(num)s b", "%(num)s c"] }, rule);

  assert.deepEqual([1, 4, 5].map((n) => said("%(num)s answer", "%(num)s answers", n)), ["1 a", "4 b", "5 c"]);
});

test("what the page learns holds for every module that was loaded before", () => {
  learn(GERMAN, (/** @type {number} */ n) => Number(n !== 1));
  assert.equal(gettext("Saving"), "Wird gesichert");
  assert.equal(ngettext("%(num)s take of %(of)s", "%(num)s takes of %(of)s", 2, { of: 3 }), "2 Versuche von 3");

  learn({}, (/** @type {number} */ n) => Number(n !== 1));
  assert.equal(gettext("Saving"), "Saving");
});

test("a number has the decimals and the comma of its language, and no mark between thousands", () => {
  assert.equal(number(1.44, 1, "de"), "1,4");
  assert.equal(number(1.44, 1, "en"), "1.4");
  assert.equal(number(2, 1, "de"), "2,0");
  assert.equal(number(12345.6, 0, "de"), "12346");
  assert.equal(number(-0.5, 1, "de"), "-0,5");
});
