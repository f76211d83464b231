// What every form of ours does with a script: asks first whether it may still be sent, says what it is doing, and puts the
// focus where something needs a person. Sends nothing by itself that was not pressed; knows no single form.

const ASK_MS = 8_000; // longer than any page takes; then the form is sent as it is, and the server answers
const SAID_MS = 3_000; // so long a button tells that it was pressed, where the page stays: only its file is fetched
const FETCHING = "The file is being prepared. The download begins by itself, and your browser shows it.";
const FETCHED_MS = 20_000; // then what was asked for was a file, and the page is still here
const SIGNED_OUT = "You are signed out by now, so nothing was sent. Everything you typed is still here: sign in in another tab, then press the button again.";
const SOMEBODY_ELSE = "Another account is signed in in this browser by now, so nothing was sent. Everything you typed is still here: sign in with yours in another tab, then press the button again.";
const NO_SERVER = "The server could not be reached, so nothing was sent. Everything you typed is still here: try again in a moment.";

const NOT_OURS = "The server did not answer as it should, so it is not known whether this was sent. Everything you typed is still here: look whether it arrived, then try again.";
const REFUSED = {
  413: "This is too large, so nothing was sent. Everything you typed is still here: choose a smaller file, then try again.",
  429: "Too much was sent from here just now, so nothing was sent. Everything you typed is still here: wait a little, then try again.",
};
const UNGUARDED = "[hx-post], [role=search]"; // htmx sends the first; what is sought holds nothing to lose

const whoami = document.body.dataset.user;

/** Whether a form may be sent as who the page was made for. Where not, the page says so and stays as it is. */
async function maySend(form) {
  let now;
  try {
    const asked = new AbortController();
    const timer = setTimeout(() => asked.abort(), ASK_MS);
    const response = await fetch(document.body.dataset.signedIn, { headers: { Accept: "application/json" }, signal: asked.signal });
    if (!response.ok) return true; // what is wrong there is for the server to say
    now = await response.json();
    clearTimeout(timer);
  } catch (error) {
    if (!(error instanceof TypeError)) return true; // too slow, or no answer of ours: the server judges what is sent
    tell(form, NO_SERVER);
    return false;
  }
  if (whoami && now.user !== whoami && !("signsOut" in form.dataset)) {
    tell(form, now.user ? SOMEBODY_ELSE : SIGNED_OUT, { signIn: true });
    return false;
  }
  for (const field of document.querySelectorAll("input[name=csrf_token]")) field.value = now.csrf_token; // of a newer session
  return true;
}

function tell(form, words, { signIn = false } = {}) {
  const said = form.querySelector("[data-unsent]") ?? document.getElementById("unsent").content.cloneNode(true).firstElementChild;
  said.querySelector("[data-words]").textContent = words;
  said.querySelector("a").hidden = !signIn;
  const button = buttonsOf(form).at(-1);
  if (button) button.before(said);
  else form.append(said);
  attend(said);
}

function attend(place) {
  place.focus({ preventScroll: true });
  place.scrollIntoView({ block: "nearest" });
}

// ---- what a waiting button says

const buttonsOf = (form) => [...form.querySelectorAll("button:not([type=button])")].filter((button) => button.tabIndex >= 0);

function beBusy(button, isBusy) {
  if (!button || isBusy === "idle" in button.dataset) return;
  if (isBusy) {
    button.dataset.idle = button.textContent;
    button.textContent = button.dataset.busy ?? "One moment …";
    button.setAttribute("aria-disabled", "true");
  } else {
    button.textContent = button.dataset.idle;
    delete button.dataset.idle;
    button.removeAttribute("aria-disabled");
  }
}

const isBusy = (form) => buttonsOf(form).some((button) => "idle" in button.dataset);

// ---- forms that lead to a page

document.addEventListener("submit", async (event) => {
  const { target: form, submitter } = event;
  if (event.defaultPrevented || form.getAttribute("method")?.toLowerCase() !== "post" || form.matches(UNGUARDED)) return;
  event.preventDefault();
  if (isBusy(form)) return;
  const button = submitter ?? buttonsOf(form)[0];
  const named = submitter?.name ? hidden(submitter.name, submitter.value) : null;
  beBusy(button, true);
  if (!(await maySend(form))) return beBusy(button, false);
  if (named) form.append(named);
  HTMLFormElement.prototype.submit.call(form); // a field of the form may be called "submit"
  if ("fetches" in form.dataset) beFetching(form);
  return setTimeout(allIdle, "fetches" in form.dataset ? SAID_MS : FETCHED_MS);
});

/** The page stays where a file comes: what was wrong the time before is gone. Where something is wrong now, a new page comes. */
function beFetching(form) {
  for (const said of form.parentElement.querySelectorAll("[role=alert], [data-error]")) said.remove();
  for (const field of form.querySelectorAll("[aria-invalid]")) {
    field.removeAttribute("aria-invalid");
    field.removeAttribute("aria-describedby");
  }
  form.querySelector("[data-fetching]").textContent = FETCHING;
}

function hidden(name, value) {
  return Object.assign(document.createElement("input"), { type: "hidden", name, value });
}

window.addEventListener("pageshow", (event) => event.persisted && allIdle()); // come back to, it is not still sending
function allIdle() {
  for (const button of document.querySelectorAll("button[data-idle]")) beBusy(button, false);
}

// ---- forms of which htmx replaces a part

document.addEventListener("htmx:confirm", (event) => {
  const { elt, verb, issueRequest, triggeringEvent } = event.detail;
  const form = elt.closest("form");
  if (verb !== "post" || !form || form.matches("[role=search]")) return; // what is sought holds nothing to lose, and may change at once
  event.preventDefault();
  if (isBusy(form)) return;
  const button = elt.matches("button") ? elt : (triggeringEvent?.submitter ?? buttonsOf(form)[0]);
  beBusy(button, true);
  maySend(form).then((may) => (may ? issueRequest(true) : beBusy(button, false)));
});

// Of this form only: rows of the same page are asked for all the while.
document.addEventListener("htmx:afterRequest", ({ detail: { elt } }) => {
  const form = elt.closest("form");
  if (form) for (const button of buttonsOf(form)) beBusy(button, false);
});

document.addEventListener("htmx:sendError", ({ detail: { elt, requestConfig } }) => {
  if (requestConfig.verb === "post" && elt.closest("form")) tell(elt.closest("form"), NO_SERVER);
});

// A page that is not ours (a proxy's, say) holds nothing to put in the form's place: the form stays, and says so.
document.addEventListener("htmx:beforeSwap", ({ detail }) => {
  const { target, xhr, serverResponse, requestConfig } = detail;
  const { elt } = requestConfig; // what asked; the event is the target's
  const form = elt.closest("form");
  if (requestConfig.verb !== "post" || !form || !detail.shouldSwap) return;
  const wanted = elt.closest("[hx-select]")?.getAttribute("hx-select") ?? `#${target.id}, #error`;
  if (new DOMParser().parseFromString(serverResponse, "text/html").querySelector(wanted)) return;
  detail.shouldSwap = false;
  tell(form, REFUSED[xhr.status] ?? NOT_OURS);
});

/** After a part was replaced: to the first thing that is wrong, or to what was said; where nothing has the focus, to the part. */
document.addEventListener("htmx:afterSettle", ({ detail: { elt, requestConfig } }) => {
  if (requestConfig?.verb !== "post") return;
  const place = wrongIn(elt);
  if (place) return attend(place);
  if (document.activeElement !== document.body) return;
  elt.tabIndex = -1;
  elt.focus({ preventScroll: true });
});

function wrongIn(place) {
  return place.querySelector("[aria-invalid=true]") ?? place.querySelector("[role=alert][tabindex]");
}

const wrong = wrongIn(document.getElementById("main"));
if (wrong) {
  wrong.focus({ preventScroll: true });
  wrong.scrollIntoView({ block: "center" });
}

// ---- small things that forms are made of

// A date that nobody chose looks empty; some browsers write today's there.
const tellEmpty = (field) => field.toggleAttribute("data-empty", !field.value);
document.addEventListener("input", ({ target }) => target.matches?.("input[type=date]") && tellEmpty(target));

// A panel that was opened closes with Escape, and when something else is pressed.
function closeOpened(except) {
  for (const opened of document.querySelectorAll("details[data-pops][open]")) if (!opened.contains(except)) opened.open = false;
}
document.addEventListener("click", ({ target }) => closeOpened(target));
document.addEventListener("keydown", ({ key, target }) => {
  if (key !== "Escape") return;
  const opened = target.closest?.("details[data-pops][open]");
  closeOpened(null);
  opened?.querySelector("summary").focus();
});
