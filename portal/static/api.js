// Speaks JSON with the addresses of one interview. Turns every refusal into a Problem that carries the server's words
// and every silence into Unreachable; decides nothing about what to do then.

const ANSWER_WITHIN_MS = 15_000; // longer than a busy server takes, short enough to try again while somebody waits
const CSRF_EXPIRED = 419;

/** The server answered, and the answer is no. */
export class Problem extends Error {
  constructor(status, body = {}) {
    super(body.detail || body.title || `The server answered ${status}.`);
    this.status = status;
    this.body = body;
  }
}

/** No answer came at all: offline, or the server is restarting. */
export class Unreachable extends Error {}

/** Whether the same request may well succeed a little later. */
export function isPassing(error) {
  return error instanceof Unreachable || (error instanceof Problem && (error.status >= 500 || error.status === 429));
}

/** fetch() whose failures are only ever Problem and Unreachable. */
export async function request(url, options = {}, withinMs = ANSWER_WITHIN_MS) {
  let response;
  try {
    response = await fetch(url, { cache: "no-store", signal: AbortSignal.timeout(withinMs), ...options });
  } catch (error) {
    throw new Unreachable(error.message);
  }
  // A page instead of an answer is the sign-in page: the session has ended.
  if (response.redirected) throw new Problem(401, { detail: "You are signed out. Sign in again in another tab." });
  if (!response.ok) throw new Problem(response.status, await problemBody(response));
  return response;
}

async function problemBody(response) {
  const type = response.headers.get("Content-Type") || "";
  try {
    if (type.includes("json")) return await response.json();
    return type.startsWith("text/plain") ? { detail: await response.text() } : {};
  } catch (error) {
    throw new Unreachable(error.message); // the connection broke within the answer
  }
}

export class Api {
  constructor(base, csrf) {
    this.base = base;
    this.csrf = csrf;
    this.signedOut = null; // the refusal, while the sign-in has ended
    this.onChange = () => {}; // called when `signedOut` or `csrf` has changed
  }

  async get(path) {
    return (await this.#ask(path, { headers: { Accept: "application/json" } })).json();
  }

  async post(path, body) {
    try {
      return await this.#post(path, body);
    } catch (error) {
      if (error.status !== CSRF_EXPIRED) throw error;
      this.csrf = (await this.get("room.json")).csrf; // signed in anew, in another tab
      this.onChange();
      return this.#post(path, body);
    }
  }

  async #post(path, body) {
    return (await this.send(path, JSON.stringify(body), "application/json")).json();
  }

  /** POST a raw body; for the upload speed test, and under post(). */
  send(path, body, type, withinMs) {
    const headers = { Accept: "application/json", "Content-Type": type, "X-CSRFToken": this.csrf };
    return this.#ask(path, { method: "POST", headers, body }, withinMs);
  }

  async #ask(path, options, withinMs) {
    try {
      const response = await request(`${this.base}/${path}`, options, withinMs);
      this.#noteSignIn(null);
      return response;
    } catch (error) {
      if (error.status === 401) this.#noteSignIn(error);
      throw error;
    }
  }

  #noteSignIn(signedOut) {
    const hasChanged = (signedOut === null) !== (this.signedOut === null);
    this.signedOut = signedOut;
    if (hasChanged) this.onChange();
  }
}

/** The Api of the page we are on; base.html keeps the CSRF token where htmx reads it. */
export function pageApi(root) {
  const headers = JSON.parse(document.body.getAttribute("hx-headers"));
  return new Api(root.dataset.base, headers["X-CSRFToken"]);
}
