// Requests to the addresses of one interview, in JSON. It believes only the replies of our own server: a refusal with
// our problem type becomes a Problem with the server's words, no reply becomes Unreachable, and any other reply (a
// proxy's page, half a reply) becomes Unintelligible. The caller decides what to do then.

import { gettext as _ } from "../site/gettext.js";
import { hasAgreedShape } from "./reply_shapes.js";

const ANSWER_WITHIN_MS = 15_000; // a busy server needs less, and a waiting person sees a second try
const CSRF_EXPIRED = 419;
const PROBLEM_JSON = "application/problem+json";
const OUR_PROBLEMS = "urn:career-portal:problem:";
const SIGN_IN_PAGE = /\/login$/;

/** Our server refused the request. */
export class Problem extends Error {
  /**
   * @param {number} status
   * @param {{ detail?: string, title?: string, offset?: number }} [body]
   */
  constructor(status, body = {}) {
    super(body.detail || body.title || _("The server refused it (%(status)s).", { status }));
    this.status = status;
    this.body = body;
  }
}

/** No reply came: offline, or the server restarts. `isTimeout`: the time limit was over. */
export class Unreachable extends Error {
  /**
   * @param {string} message
   * @param {boolean} [isTimeout]
   */
  constructor(message, isTimeout = false) {
    super(message);
    this.isTimeout = isTimeout;
  }
}

/** A reply came, but not from our server: whether the request arrived is unknown. */
export class Unintelligible extends Unreachable {
  /**
   * @param {number} foreignStatus
   * @param {string} what
   */
  constructor(foreignStatus, what) {
    super(_("%(what)s (status %(status)s)", { what, status: foreignStatus }));
    this.foreignStatus = foreignStatus; // not `status`: that would be a refusal of our server
  }
}

/**
 * Whether the same request may succeed a little later.
 * @param {unknown} error
 * @returns {boolean}
 */
export function isPassing(error) {
  return error instanceof Unreachable || (error instanceof Problem && (error.status >= 500 || error.status === 429));
}

/**
 * AbortSignal.timeout() for every browser (Safari has it from 16 on); `done()` clears the timer.
 * @param {number} ms
 */
export function timeLimit(ms) {
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(), ms);
  return { signal: controller.signal, done: () => clearTimeout(timer) };
}

/**
 * fetch() with the whole body: { status, headers, text }. It throws only Problem and Unreachable.
 * @param {string | URL} url
 * @param {RequestInit} [options]
 * @param {number} [withinMs]
 */
export async function request(url, options = {}, withinMs = ANSWER_WITHIN_MS) {
  const { response, text } = await exchange(url, options, withinMs);
  const { status, headers, redirected } = response;
  if (redirected && isSignInPage(response.url)) {
    throw new Problem(401, { detail: _("You are signed out. Sign in again in another tab.") });
  }
  if (redirected) throw new Unintelligible(status, _("We were led to another page"));
  if (response.ok) return { status, headers, text };
  const body = refusalOf(response, text);
  throw body ? new Problem(status, body) : new Unintelligible(status, _("This refusal is not our server's"));
}

/**
 * @param {string | URL} url
 * @param {RequestInit} options
 * @param {number} withinMs
 */
async function exchange(url, options, withinMs) {
  const limit = timeLimit(withinMs);
  try {
    const response = await fetch(url, { cache: "no-store", signal: limit.signal, ...options });
    return { response, text: await response.text() }; // within the time limit, too: a body may never end
  } catch (error) {
    throw new Unreachable(error.message, limit.signal.aborted);
  } finally {
    limit.done();
  }
}

/** @param {string} address */
function isSignInPage(address) {
  const { origin, pathname } = new URL(address);
  return origin === location.origin && SIGN_IN_PAGE.test(pathname);
}

/**
 * The body of a refusal; null where it is not our server's. A reply to HEAD has no body, but the header of tus.
 * @param {Response} options
 * @param {string} text
 */
function refusalOf({ headers }, text) {
  if (!isOfType(headers, PROBLEM_JSON)) return null;
  if (!text && headers.get("Tus-Resumable")) return {};
  const body = parsed(text);
  return typeof body?.type === "string" && body.type.startsWith(OUR_PROBLEMS) ? body : null;
}

/**
 * @param {Headers} headers
 * @param {string} type
 */
function isOfType(headers, type) {
  return (headers.get("Content-Type") || "").split(";")[0].trim().toLowerCase() === type;
}

/**
 * @param {string} text
 * @returns {any}
 */
function parsed(text) {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

export class Api {
  /**
   * @param {string} base
   * @param {string} csrf
   */
  constructor(base, csrf) {
    this.base = base;
    this.csrf = csrf;
    /** @type {Problem | null} */
    this.signedOut = null; // the refusal, while the person is signed out
    this.onChange = () => {}; // called when `signedOut` or `csrf` changes
  }

  /**
   * @param {string} path
   * @returns {Promise<any>}
   */
  get(path) {
    return this.#json(path, { headers: { Accept: "application/json" } });
  }

  /**
   * @param {string} path
   * @param {unknown} body
   * @returns {Promise<any>}
   */
  async post(path, body) {
    try {
      return await this.#post(path, body);
    } catch (error) {
      if (error.status !== CSRF_EXPIRED) throw error;
      this.csrf = (await this.get("room.json")).csrf; // the person signed in again, in another tab
      this.onChange();
      return this.#post(path, body);
    }
  }

  /**
   * @param {string} path
   * @param {unknown} body
   */
  #post(path, body) {
    return this.#json(path, this.#posting(JSON.stringify(body), "application/json"));
  }

  /**
   * POST bytes that the server throws away, for the upload speed test.
   * @param {string} path
   * @param {BodyInit} body
   * @param {string} type
   * @param {number} withinMs
   */
  async send(path, body, type, withinMs) {
    const { status } = await this.#ask(path, this.#posting(body, type), withinMs);
    if (status !== 204) throw new Unintelligible(status, _("Something else took the bytes"));
  }

  /**
   * @param {BodyInit} body
   * @param {string} type
   */
  #posting(body, type) {
    const headers = { Accept: "application/json", "Content-Type": type, "X-CSRFToken": this.csrf };
    return { method: "POST", headers, body };
  }

  /**
   * @param {string} path
   * @param {RequestInit} options
   * @returns {Promise<any>}
   */
  async #json(path, options) {
    const { status, headers, text } = await this.#ask(path, options);
    const reply = isOfType(headers, "application/json") ? parsed(text) : undefined;
    if (!hasAgreedShape(path, reply)) throw new Unintelligible(status, _("This reply is not our server's"));
    this.#noteSignIn(null);
    return reply;
  }

  /**
   * @param {string} path
   * @param {RequestInit} options
   * @param {number} withinMs
   */
  async #ask(path, options, withinMs = ANSWER_WITHIN_MS) {
    try {
      return await request(`${this.base}/${path}`, options, withinMs);
    } catch (error) {
      if (error.status === 401) this.#noteSignIn(error);
      throw error;
    }
  }

  /** @param {Problem | null} signedOut */
  #noteSignIn(signedOut) {
    const hasChanged = (signedOut === null) !== (this.signedOut === null);
    this.signedOut = signedOut;
    if (hasChanged) this.onChange();
  }
}

/**
 * The Api of this page; base.html puts the CSRF token where htmx reads it.
 * @param {HTMLElement} root
 */
export function pageApi(root) {
  const headers = JSON.parse(document.body.getAttribute("hx-headers") ?? "{}");
  return new Api(root.dataset.base ?? "", headers["X-CSRFToken"]);
}
