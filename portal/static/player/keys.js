// The keys of the player, and the switch that turns single-letter keys off for people who dictate or press keys by
// accident (WCAG 2.1.4).

/** @type {Record<string, string>} */
const KEYS = {
  " ": "toggle",
  k: "toggle",
  ArrowLeft: "back",
  ArrowRight: "forward",
  Home: "start",
  End: "end",
  ",": "frameBack",
  ".": "frameForward",
  n: "nextFlag",
  p: "previousFlag",
  "<": "slower",
  ">": "faster",
  "[": "newer",
  "]": "older",
  m: "mute",
  f: "fullscreen",
  u: "copyLink",
  "?": "help",
};
const STORED = "player-keys-off"; // a stored name: browsers of reviewers remember the switch

/**
 * @param {Record<string, () => unknown>} actions
 * @param {HTMLInputElement} box
 */
export function bindKeys(actions, box) {
  box.checked = localStorage.getItem(STORED) === null;
  box.addEventListener("change", () => {
    if (box.checked) localStorage.removeItem(STORED);
    else localStorage.setItem(STORED, "1");
  });
  document.addEventListener("keydown", (event) => {
    const action = KEYS[event.key];
    if (!action || event.ctrlKey || event.metaKey || event.altKey || isElsewhere(event)) return;
    if (!box.checked && event.key.length === 1 && event.key !== " ") return;
    event.preventDefault();
    actions[action]?.();
  });
}

// A field, a choice, a focused button or an open dialog uses the key before the player does.
/** @param {KeyboardEvent} options */
function isElsewhere({ target, key }) {
  if (!(target instanceof Element)) return false;
  if (target.closest("input:not([type=checkbox]), select, textarea, [contenteditable]")) return true;
  if (target.closest("dialog")) return key !== "?";
  return key === " " && target.closest("button, a, summary, input") !== null;
}
