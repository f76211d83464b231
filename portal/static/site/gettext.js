// The sentences of the scripts in the reader's language. The page of another language than English loads, before all
// other modules, one that teaches this module its sentences (`make assets` builds it from the catalog). A page that has
// lost its network still speaks. Without a translation a sentence is said in English.

/** Translates with these sentences; `formOf` says which plural form a number takes. Needs no page. */
export function translator(sentences = {}, formOf = (n) => Number(n !== 1)) {
  const own = (sentence) => (Object.hasOwn(sentences, sentence) ? sentences[sentence] : null);
  return {
    gettext: (sentence, values = {}) => filled(own(sentence) ?? sentence, values),
    ngettext(one, many, num, values = {}) {
      const forms = own(one) ?? [one, many];
      return filled(forms[formOf(num)] ?? many, { num, ...values });
    },
  };
}

/** Puts values where the sentence names them: `%(name)s`. `%%` is a percent sign, as in Python. */
function filled(sentence, values) {
  return sentence.replace(/%(?:%|\((\w+)\)[sd])/g, (all, name) => (name ? String(values[name]) : "%"));
}

let spoken = translator();

export function learn(sentences, formOf) {
  spoken = translator(sentences, formOf);
}

export const gettext = (sentence, values) => spoken.gettext(sentence, values);
export const ngettext = (one, many, num, values) => spoken.ngettext(one, many, num, values);

/** The number as the page's language writes it: 5.4 in English, 5,4 in German. */
export function number(value, decimals = 0, language = document.documentElement.lang) {
  const digits = { minimumFractionDigits: decimals, maximumFractionDigits: decimals, useGrouping: false };
  return new Intl.NumberFormat(language, digits).format(value);
}
