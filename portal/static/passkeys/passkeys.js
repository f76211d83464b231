// Forms that a passkey answers. The form is hidden without this script. When its button is pressed, the script asks our
// server for a challenge, the browser for a passkey, and sends the form with the browser's answer. What goes wrong is
// said in the form, and nothing is sent.

import { elementIn } from "../page/elements.js";
import { Problem, Unreachable, request } from "../server/api.js";
import { gettext as _ } from "../site/gettext.js";

const FORMS = "form[data-passkey]";

// Why the browser gave no passkey, by the name of its error. To protect people it does not tell more.
const TROUBLES = new Map([
  [
    "NotAllowedError",
    () =>
      _(
        "Your browser gave no passkey: it was cancelled, or it took too long, or this device has none for this site. " +
          "Press the button to try again.",
      ),
  ],
  ["InvalidStateError", () => _("This device has a passkey for your account already.")],
  ["NotSupportedError", () => _("This device cannot make a passkey of the kind that is needed here.")],
  [
    "ConstraintError",
    () => _("This device cannot check who holds it. Set up a PIN, a fingerprint or another lock on it first."),
  ],
]);

/** @param {HTMLFormElement} form */
const answerField = (form) => elementIn(form, "input[name=credential]", HTMLInputElement);

/** Show each form whose passkey this browser could use here; say why not where it could not. */
function showForms() {
  for (const form of document.querySelectorAll(FORMS)) {
    if (!(form instanceof HTMLFormElement) || !form.hidden) continue;
    const obstacle = obstacleOf(form.dataset.origin ?? "");
    if (obstacle && "extra" in form.dataset) continue;
    form.hidden = false;
    if (!obstacle) continue;
    say(form, obstacle);
    elementIn(form, "button").hidden = true;
  }
}

/** @param {string} origin */
function obstacleOf(origin) {
  if (location.origin !== origin) {
    return _("To use a passkey, open this site at its own address: %(origin)s", { origin });
  }
  if (!window.PublicKeyCredential || !navigator.credentials) {
    return _("This browser cannot use passkeys. Try a newer one, or another way.");
  }
  return "";
}

/**
 * @param {HTMLFormElement} form
 * @param {string} words
 */
function say(form, words) {
  const trouble = elementIn(form, "[data-trouble]");
  elementIn(trouble, "[data-words]").textContent = words;
  trouble.hidden = !words;
}

// Before the listener of forms.js, which sends a form: at first there is no answer to send.
document.addEventListener("submit", (event) => void submitted(event), true);

/** @param {SubmitEvent} event */
async function submitted(event) {
  const { target: form } = event;
  if (!(form instanceof HTMLFormElement) || !form.matches(FORMS) || answerField(form).value) return;
  event.preventDefault();
  const waiting = elementIn(form, "[data-waiting]");
  if (!waiting.hidden) return; // the browser is asking already
  say(form, "");
  waiting.hidden = false;
  try {
    answerField(form).value = JSON.stringify(await askBrowser(form));
  } catch (error) {
    say(form, wordsFor(error));
    elementIn(form, "[data-trouble]").focus({ preventScroll: true });
  }
  waiting.hidden = true;
  if (answerField(form).value) form.requestSubmit(elementIn(form, "button"));
}

/** @param {HTMLFormElement} form */
async function askBrowser(form) {
  const headers = {
    Accept: "application/json",
    "X-CSRFToken": elementIn(form, "input[name=csrf_token]", HTMLInputElement).value,
  };
  const { text } = await request(form.dataset.options ?? "", { method: "POST", headers });
  const options = JSON.parse(text);
  const isNew = form.dataset.passkey === "create";
  const credential = isNew
    ? await navigator.credentials.create({ publicKey: creationOptions(options) })
    : await navigator.credentials.get({ publicKey: requestOptions(options) });
  if (!(credential instanceof PublicKeyCredential)) throw new DOMException("", "NotAllowedError");
  return asJson(credential);
}

/** @param {unknown} error */
function wordsFor(error) {
  if (error instanceof Problem) return error.message;
  if (error instanceof Unreachable) return _("The server could not be reached. Try again in a moment.");
  const known = error instanceof DOMException ? TROUBLES.get(error.name) : undefined;
  if (known) return known();
  return _("The passkey did not work in this browser. Try again, or another way.");
}

// ---- JSON and bytes. Newer browsers do this themselves.

/** @param {any} json */
function creationOptions(json) {
  if (PublicKeyCredential.parseCreationOptionsFromJSON) return PublicKeyCredential.parseCreationOptionsFromJSON(json);
  const user = { ...json.user, id: bytesOf(json.user.id) };
  return { ...json, challenge: bytesOf(json.challenge), user, excludeCredentials: named(json.excludeCredentials) };
}

/** @param {any} json */
function requestOptions(json) {
  if (PublicKeyCredential.parseRequestOptionsFromJSON) return PublicKeyCredential.parseRequestOptionsFromJSON(json);
  return { ...json, challenge: bytesOf(json.challenge), allowCredentials: named(json.allowCredentials) };
}

/** @param {any[] | undefined} list */
const named = (list) => (list ?? []).map((each) => ({ ...each, id: bytesOf(each.id) }));

/** @param {PublicKeyCredential} credential */
function asJson(credential) {
  if (credential.toJSON) return credential.toJSON();
  const { id, rawId, type, response } = credential;
  /** @type {Record<string, string>} */
  const said = {};
  for (const name of ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"]) {
    const part = /** @type {any} */ (response)[name];
    if (part instanceof ArrayBuffer) said[name] = textOf(part);
  }
  return { id, rawId: textOf(rawId), type, response: said, clientExtensionResults: {} };
}

/**
 * The bytes of base64url.
 * @param {string} text
 */
function bytesOf(text) {
  const plain = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(plain, (char) => char.charCodeAt(0));
}

/** @param {ArrayBuffer} bytes */
function textOf(bytes) {
  const plain = Array.from(new Uint8Array(bytes), (byte) => String.fromCharCode(byte)).join("");
  return btoa(plain).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

showForms();
document.addEventListener("htmx:afterSettle", showForms); // the card around a form may be a new one
window.addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll(FORMS)) {
    if (form instanceof HTMLFormElement) answerField(form).value = ""; // after Back: an answer works once
  }
});
