// Finds the parts of a page that a script needs. Where the page lacks one, or it is of another kind, the error says
// which: a script never goes on with half a page.

/**
 * The first element that this selector names; `kind` is its class.
 * @template {Element} [E=HTMLElement]
 * @param {ParentNode} root
 * @param {string} selector
 * @param {new () => E} [kind]
 * @returns {E}
 */
export function elementIn(root, selector, kind) {
  const found = root.querySelector(selector);
  if (!(found instanceof (kind ?? HTMLElement))) throw new Error(`This page has no usable ${selector}.`);
  return /** @type {E} */ (found);
}

/**
 * All HTML elements that this selector names; there may be none.
 * @param {ParentNode} root
 * @param {string} selector
 * @returns {HTMLElement[]}
 */
export function elementsIn(root, selector) {
  return [...root.querySelectorAll(selector)].filter((found) => found instanceof HTMLElement);
}

/**
 * The HTML element that was pressed, or the nearest one around it, to which this selector applies.
 * @param {Event} event
 * @param {string} selector
 * @returns {HTMLElement | null}
 */
export function elementAround({ target }, selector) {
  const found = target instanceof Element ? target.closest(selector) : null;
  return found instanceof HTMLElement ? found : null;
}
