// Speaks JSON with the addresses of one interview. Believes only what is an answer of ours: a refusal with our mark becomes
// a Problem that carries the server's words, silence becomes Unreachable, and whatever else came (a proxy's page, half an
// answer) Unintelligible. Decides nothing about what to do then.

import { isAsAgreed } from "./reply_shapes.js";

const ANSWER_WITHIN_MS = 15_000; // longer than a busy server takes, short enough to try again while somebody waits
const CSRF_EXPIRED = 419;
const PROBLEM_JSON = "application/problem+json";
const OUR_MARK = "urn:career-portal:problem:";
const SIGN_IN_PAGE = /\/login$/;

/** Our server answered, and the answer is no. */
export class Problem extends Error {
  constructor(status, body = {}) {
    super(body.detail || body.title || `The server refused it (${status}).`);
    this.status = status;
    this.body = body;
  }
}

/** No answer came at all: offline, or the server is restarting. `isTimeout`: we did not wait any longer. */
export class Unreachable extends Error {
  constructor(message, isTimeout = false) {
    super(message);
    this.isTimeout = isTimeout;
  }
}

/** Something answered, but not as our server does: nothing is known of what became of the request. */
export class Unintelligible extends Unreachable {
  constructor(foreignStatus, what) {
    super(`${what} (status ${foreignStatus})`);
    this.foreignStatus = foreignStatus; // not `status`: it is nobody's refusal
  }
}

/** Whether the same request may well succeed a little later. */
export function isPassing(error) {
  return error instanceof Unreachable || (error instanceof Problem && (error.status >= 500 || error.status === 429));
}

/** AbortSignal.timeout() for every browser (Safari has it from 16 on); `done()` lets go of the timer. */
export function timeLimit(ms) {
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(), ms);
  return { signal: controller.signal, done: () => clearTimeout(timer) };
}

/** fetch() with its body, whole: { status, headers, text }. Its failures are only ever Problem and Unreachable. */
export async function request(url, options = {}, withinMs = ANSWER_WITHIN_MS) {
  const { response, text } = await exchange(url, options, withinMs);
  const { status, headers, redirected } = response;
  if (redirected && isSignInPage(response.url)) throw new Problem(401, { detail: "You are signed out. Sign in again in another tab." });
  if (redirected) throw new Unintelligible(status, "We were led to another page");
  if (response.ok) return { status, headers, text };
  const body = refusalOf(response, text);
  throw body ? new Problem(status, body) : new Unintelligible(status, "This refusal is not our server's");
}

async function exchange(url, options, withinMs) {
  const limit = timeLimit(withinMs);
  try {
    const response = await fetch(url, { cache: "no-store", signal: limit.signal, ...options });
    return { response, text: await response.text() }; // within the time, too: a body may break off or never end
  } catch (error) {
    throw new Unreachable(error.message, limit.signal.aborted);
  } finally {
    limit.done();
  }
}

function isSignInPage(address) {
  const { origin, pathname } = new URL(address);
  return origin === location.origin && SIGN_IN_PAGE.test(pathname);
}

/** What our server said with a refusal; null where it is not our server's. One of HEAD has no body, and tus's header. */
function refusalOf({ headers }, text) {
  if (!isOfType(headers, PROBLEM_JSON)) return null;
  if (!text && headers.get("Tus-Resumable")) return {};
  const body = parsed(text);
  return typeof body?.type === "string" && body.type.startsWith(OUR_MARK) ? body : null;
}

function isOfType(headers, type) {
  return (headers.get("Content-Type") || "").split(";")[0].trim().toLowerCase() === type;
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

export class Api {
  constructor(base, csrf) {
    this.base = base;
    this.csrf = csrf;
    this.signedOut = null; // the refusal, while the sign-in has ended
    this.onChange = () => {}; // called when `signedOut` or `csrf` has changed
  }

  get(path) {
    return this.#json(path, { headers: { Accept: "application/json" } });
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

  #post(path, body) {
    return this.#json(path, this.#posting(JSON.stringify(body), "application/json"));
  }

  /** POST bytes that are swallowed, for the upload speed test. */
  async send(path, body, type, withinMs) {
    const { status } = await this.#ask(path, this.#posting(body, type), withinMs);
    if (status !== 204) throw new Unintelligible(status, "Something else took the bytes");
  }

  #posting(body, type) {
    return { method: "POST", headers: { Accept: "application/json", "Content-Type": type, "X-CSRFToken": this.csrf }, body };
  }

  async #json(path, options) {
    const { status, headers, text } = await this.#ask(path, options);
    const answer = isOfType(headers, "application/json") ? parsed(text) : undefined;
    if (!isAsAgreed(path, answer)) throw new Unintelligible(status, "This answer is not our server's");
    this.#noteSignIn(null);
    return answer;
  }

  async #ask(path, options, withinMs) {
    try {
      return await request(`${this.base}/${path}`, options, withinMs);
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
