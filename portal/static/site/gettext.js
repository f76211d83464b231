// The sentences of the scripts in the reader's language. The page of another language than English loads, before all
// other modules, one that teaches this module its sentences (`make assets` builds it from the catalog). A page that has
// lost its network still speaks. Without a translation a sentence is said in English.

/** @typedef {Record<string, unknown>} Values */
/** @typedef {(n: number) => number} PluralForm */

/**
 * Translates with these sentences; `formOf` says which plural form a number takes. Needs no page.
 * @param {Record<string, string | string[]>} sentences
 * @param {PluralForm} formOf
 */
export function translator(sentences = {}, formOf = (n) => Number(n !== 1)) {
  const known = new Map(Object.entries(sentences)); // the browsers that may record do not all have Object.hasOwn
  /** @param {string} sentence */
  const own = (sentence) => (known.has(sentence) ? [known.get(sentence) ?? []].flat() : null);
  return {
    /**
     * @param {string} sentence
     * @param {Values} values
     */
    gettext: (sentence, values = {}) => filled(own(sentence)?.[0] ?? sentence, values),
    /**
     * @param {string} one
     * @param {string} many
     * @param {number} num
     * @param {Values} values
     */
    ngettext(one, many, num, values = {}) {
      const forms = own(one) ?? [one, many];
      return filled(forms[formOf(num)] ?? many, { num, ...values });
    },
  };
}

/**
 * Puts values where the sentence names them: `%(name)s`. `%%` is a percent sign, as in Python.
 * @param {string} sentence
 * @param {Values} values
 */
function filled(sentence, values) {
  return sentence.replace(/%(?:%|\((\w+)\)[sd])/g, (_all, name) => (name ? String(values[name]) : "%"));
}

let spoken = translator();

/**
 * @param {Record<string, string | string[]>} sentences
 * @param {PluralForm} formOf
 */
export function learn(sentences, formOf) {
  spoken = translator(sentences, formOf);
}

/**
 * @param {string} sentence
 * @param {Values} [values]
 */
export const gettext = (sentence, values) => spoken.gettext(sentence, values);
/**
 * @param {string} one
 * @param {string} many
 * @param {number} num
 * @param {Values} [values]
 */
export const ngettext = (one, many, num, values) => spoken.ngettext(one, many, num, values);

/** @type {Map<string, Intl.NumberFormat>} */
const formats = new Map(); // making one costs 0.1 ms, and the player writes twenty numbers for each picture

/**
 * The number as the page's language writes it: 5.4 in English, 5,4 in German.
 * @param {number} value
 * @param {number} [decimals]
 * @param {string} [language]
 */
export function number(value, decimals = 0, language = document.documentElement.lang) {
  const key = `${language} ${decimals}`;
  const digits = { minimumFractionDigits: decimals, maximumFractionDigits: decimals, useGrouping: false };
  const format = formats.get(key) ?? new Intl.NumberFormat(language, digits);
  formats.set(key, format);
  return format.format(value);
}
