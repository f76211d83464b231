// What every form does: it first asks whether the person is still signed in, its button says that it is busy, and the
// focus goes to what the person must correct. No form is sent that nobody submitted.

import { elementAround, elementIn, elementsIn } from "../page/elements.js";
import { gettext as _ } from "./gettext.js";

const ASK_MS = 8_000; // every page takes less; after this time the form is sent, and the server decides
const SAID_MS = 3_000; // how long a button says that it is busy, where a file is fetched and the page stays
const FETCHED_MS = 20_000; // a page that is still here after this time was sent a file
const UNGUARDED = "[hx-post], [role=search]"; // htmx sends the first; a search has nothing to lose

const whoami = document.body.dataset.user;

// ---- why nothing was sent: whole sentences, said in the reader's language when they are shown

function signedOut() {
  return _(
    "You are signed out, so nothing was sent. " +
      "Everything you typed is still here: sign in in another tab, then press the button again.",
  );
}

function somebodyElse() {
  return _(
    "Another account is now signed in in this browser, so nothing was sent. " +
      "Everything you typed is still here: sign in with yours in another tab, then press the button again.",
  );
}

function noServer() {
  return _(
    "The server could not be reached, so nothing was sent. " +
      "Everything you typed is still here: try again in a moment.",
  );
}

/**
 * Why a page that is not ours came instead of an answer.
 * @param {number} status
 */
function notOurs(status) {
  if (status === 413) {
    return _(
      "This is too large, so nothing was sent. " +
        "Everything you typed is still here: choose a smaller file, then try again.",
    );
  }
  if (status === 429) {
    return _(
      "Too much was sent from here just now, so nothing was sent. " +
        "Everything you typed is still here: wait a little, then try again.",
    );
  }
  return _(
    "The server did not answer as it should, so it is not known whether this was sent. " +
      "Everything you typed is still here: look whether it arrived, then try again.",
  );
}

/**
 * Whether the person for whom the page was made is still signed in. If not, the page says so and stays as it is.
 * @param {HTMLFormElement} form
 */
async function maySend(form) {
  let now;
  try {
    const asked = new AbortController();
    const timer = setTimeout(() => asked.abort(), ASK_MS);
    const options = { headers: { Accept: "application/json" }, signal: asked.signal };
    const response = await fetch(document.body.dataset.signedIn ?? "", options);
    if (!response.ok) return true; // the server will say what is wrong
    now = await response.json();
    clearTimeout(timer);
  } catch (error) {
    if (!(error instanceof TypeError)) return true; // too slow, or not our reply: send the form, and the server decides
    tell(form, noServer());
    return false;
  }
  if (whoami && now.user !== whoami && !("signsOut" in form.dataset)) {
    tell(form, now.user ? somebodyElse() : signedOut(), { signIn: true });
    return false;
  }
  // The session may be newer than the page.
  for (const field of document.querySelectorAll("input[name=csrf_token]")) {
    if (field instanceof HTMLInputElement) field.value = now.csrf_token;
  }
  return true;
}

/**
 * @param {HTMLFormElement} form
 * @param {string} words
 * @param {{ signIn?: boolean }} options
 */
function tell(form, words, { signIn = false } = {}) {
  const notice = elementsIn(form, "[data-unsent]")[0] ?? newNotice();
  elementIn(notice, "[data-words]").textContent = words;
  elementIn(notice, "a").hidden = !signIn;
  const button = buttonsOf(form).at(-1);
  if (button) button.before(notice);
  else form.append(notice);
  focusOn(notice);
}

function newNotice() {
  const template = elementIn(document, "#unsent", HTMLTemplateElement);
  return elementIn(/** @type {DocumentFragment} */ (template.content.cloneNode(true)), "*");
}

/** @param {HTMLElement} element */
function focusOn(element) {
  element.focus({ preventScroll: true });
  element.scrollIntoView({ block: "nearest" });
}

// ---- a button that is busy

/** @param {HTMLFormElement} form */
function buttonsOf(form) {
  return elementsIn(form, "button:not([type=button])").filter((button) => button.tabIndex >= 0);
}

/**
 * @param {HTMLElement | null | undefined} button
 * @param {boolean} isBusy
 */
function beBusy(button, isBusy) {
  if (!button || isBusy === "idle" in button.dataset) return;
  if (isBusy) {
    button.dataset.idle = button.textContent ?? "";
    button.textContent = button.dataset.busy ?? _("One moment …");
    button.setAttribute("aria-disabled", "true");
  } else {
    button.textContent = button.dataset.idle ?? "";
    delete button.dataset.idle;
    button.removeAttribute("aria-disabled");
  }
}

/** @param {HTMLFormElement} form */
const isBusy = (form) => buttonsOf(form).some((button) => "idle" in button.dataset);

// ---- forms that lead to another page

document.addEventListener("submit", (event) => void submitted(event));

/** @param {SubmitEvent} event */
async function submitted(event) {
  const { target: form, submitter } = event;
  if (!(form instanceof HTMLFormElement)) return;
  const isPost = form.getAttribute("method")?.toLowerCase() === "post";
  if (event.defaultPrevented || !isPost || form.matches(UNGUARDED)) return;
  event.preventDefault();
  if (isBusy(form)) return;
  const button = submitter ?? buttonsOf(form)[0];
  const isNamed = submitter instanceof HTMLButtonElement && submitter.name;
  const named = isNamed ? hidden(submitter.name, submitter.value) : null;
  beBusy(button, true);
  if (!(await maySend(form))) return beBusy(button, false);
  if (named) form.append(named);
  HTMLFormElement.prototype.submit.call(form); // a field of the form may be called "submit"
  if ("fetches" in form.dataset) beFetching(form);
  setTimeout(allIdle, "fetches" in form.dataset ? SAID_MS : FETCHED_MS);
}

/**
 * The page stays where a file comes: what was wrong the time before is gone. Where something is wrong now, a new page
 * comes.
 * @param {HTMLFormElement} form
 */
function beFetching(form) {
  for (const said of (form.parentElement ?? form).querySelectorAll("[role=alert], [data-error]")) said.remove();
  for (const field of form.querySelectorAll("[aria-invalid]")) {
    field.removeAttribute("aria-invalid");
    field.removeAttribute("aria-describedby");
  }
  elementIn(form, "[data-fetching]").textContent = _(
    "The file is being prepared. The download begins by itself, and your browser shows it.",
  );
}

/**
 * @param {string} name
 * @param {string} value
 */
function hidden(name, value) {
  return Object.assign(document.createElement("input"), { type: "hidden", name, value });
}

window.addEventListener("pageshow", (event) => event.persisted && allIdle()); // after Back, the page no longer sends
function allIdle() {
  for (const button of elementsIn(document, "button[data-idle]")) beBusy(button, false);
}

// ---- forms of which htmx replaces a part

document.addEventListener("htmx:confirm", (event) => {
  const { elt, verb, issueRequest, triggeringEvent } = event.detail;
  const form = elt.closest("form");
  if (verb !== "post" || !form || form.matches("[role=search]")) return; // a search may be sent at once
  event.preventDefault();
  if (isBusy(form)) return;
  const { submitter = null } = triggeringEvent ?? {};
  const button = elt.matches("button") ? elt : (submitter ?? buttonsOf(form)[0]);
  beBusy(button, true);
  void maySend(form).then((may) => (may ? issueRequest(true) : beBusy(button, false)));
});

// Only the buttons of this form: rows of the same page send requests all the time.
document.addEventListener("htmx:afterRequest", ({ detail: { elt } }) => {
  const form = elt.closest("form");
  if (form) for (const button of buttonsOf(form)) beBusy(button, false);
});

document.addEventListener("htmx:sendError", ({ detail: { elt, requestConfig } }) => {
  const form = elt.closest("form");
  if (requestConfig?.verb === "post" && form) tell(form, noServer());
});

// A page that is not ours (of a proxy, for example) has nothing that may replace the form: the form stays, and says so.
document.addEventListener("htmx:beforeSwap", ({ detail }) => {
  const { target, xhr, serverResponse, requestConfig } = detail;
  if (!requestConfig) return;
  const { elt } = requestConfig; // the element that sent the request; the event comes from the target
  const form = elt.closest("form");
  if (requestConfig.verb !== "post" || !form || !detail.shouldSwap) return;
  const wanted = elt.closest("[hx-select]")?.getAttribute("hx-select") ?? `#${target.id}, #error`;
  if (new DOMParser().parseFromString(serverResponse, "text/html").querySelector(wanted)) return;
  detail.shouldSwap = false;
  tell(form, notOurs(xhr.status));
});

// After a part was replaced, the focus goes to the first error or message; if nothing has the focus, to the part
// itself.
document.addEventListener("htmx:afterSettle", ({ detail: { elt, requestConfig } }) => {
  if (requestConfig?.verb !== "post") return;
  const wrong = firstErrorIn(elt);
  if (wrong) return focusOn(wrong);
  if (document.activeElement !== document.body) return;
  elt.tabIndex = -1;
  elt.focus({ preventScroll: true });
});

/** @param {ParentNode} element */
function firstErrorIn(element) {
  return elementsIn(element, "[aria-invalid=true]")[0] ?? elementsIn(element, "[role=alert][tabindex]")[0];
}

const wrong = firstErrorIn(elementIn(document, "#main"));
if (wrong) {
  wrong.focus({ preventScroll: true });
  wrong.scrollIntoView({ block: "center" });
}

// ---- fields and panels

// A date field without a value looks empty; some browsers show today's date there.
/** @param {HTMLInputElement} field */
const tellEmpty = (field) => field.toggleAttribute("data-empty", !field.value);
document.addEventListener("input", ({ target }) => {
  if (target instanceof HTMLInputElement && target.type === "date") tellEmpty(target);
});

// An open panel closes with Escape, and when something else is pressed.
/** @param {Element | null} except */
function closeOpened(except) {
  for (const opened of document.querySelectorAll("details[data-pops][open]")) {
    if (!opened.contains(except)) opened.removeAttribute("open");
  }
}
document.addEventListener("click", ({ target }) => closeOpened(target instanceof Element ? target : null));
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  const opened = elementAround(event, "details[data-pops][open]");
  closeOpened(null);
  opened?.querySelector("summary")?.focus();
});
