// A server on loopback that takes uploads as the portal does: it creates answers, appends bytes at their offset, refuses
// other offsets with 409, and completes answers. A test can put a trick in front of the next requests.

import { createHash } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";

/** @import { IncomingMessage, Server, ServerResponse } from "node:http" */
/** @typedef {{ bytes: Buffer, state: string, length: number | null, events: PageEvent[] }} Kept */
/**
 * What may come between: returns whether it answered the request itself.
 * @typedef {(request: Seen, response: ServerResponse) => boolean | Promise<boolean>} Trick
 */
/** @typedef {{ method: string, path: string, body: Buffer, offset: number }} Seen */

const TUS = "1.0.0";

export class UploadServer {
  /** @type {Map<string, Kept>} */ answers = new Map();
  /** @type {Seen[]} */ requests = [];
  /** @type {Trick[]} */ tricks = [];
  received = 0; // bytes of all PATCH requests that arrived, those of repeated ones too
  largestRequest = Infinity;

  static async start() {
    const server = new UploadServer();
    server.http = createServer((request, response) => void server.#answer(request, response));
    server.http.listen(0, "127.0.0.1");
    await once(server.http, "listening");
    return server;
  }

  /** @type {Server} */ http;

  get address() {
    const { port } = /** @type {import("node:net").AddressInfo} */ (this.http.address());
    return `http://127.0.0.1:${port}`;
  }

  close() {
    this.http.closeAllConnections();
    this.http.close();
  }

  /** @param {string} answerId */
  create(answerId) {
    this.answers.set(answerId, { bytes: Buffer.alloc(0), state: "recording", length: null, events: [] });
    return { upload_url: `/uploads/${answerId}`, upload_token: "token" };
  }

  /** @param {string} answerId */
  kept(answerId) {
    const kept = this.answers.get(answerId);
    if (!kept) throw new Error(`No such answer: ${answerId}`);
    return kept;
  }

  /** @param {string} method */
  seen(method) {
    return this.requests.filter((request) => request.method === method);
  }

  /**
   * @param {IncomingMessage} request
   * @param {ServerResponse} response
   */
  async #answer(request, response) {
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    const body = Buffer.concat(chunks);
    const offset = Number(request.headers["upload-offset"]);
    const seen = { method: request.method ?? "", path: request.url ?? "", body, offset };
    this.requests.push(seen);
    const trick = this.tricks.shift();
    if (trick && (await trick(seen, response))) return;
    this.handle(seen, response);
  }

  /**
   * What the portal does with a request.
   * @param {Seen} seen
   * @param {ServerResponse} response
   */
  handle(seen, response) {
    const answerId = /([\w-]+)(\/complete|\/token)?$/.exec(seen.path)?.[1] ?? "";
    if (seen.path.endsWith("/answers")) return this.#created(seen, response);
    if (seen.path.endsWith("/events")) return this.#reported(seen, response);
    const kept = this.answers.get(answerId);
    if (!kept) return problem(response, 404, {});
    if (seen.method === "HEAD") return offsetReply(response, 200, kept);
    if (seen.method === "PATCH") return this.#appended(seen, response, kept);
    if (seen.path.endsWith("/token")) return json(response, { upload_url: `/uploads/${answerId}`, upload_token: "new" });
    return completed(seen, response, kept);
  }

  /**
   * @param {Seen} seen
   * @param {ServerResponse} response
   */
  #created({ body }, response) {
    const { answer_id } = JSON.parse(String(body));
    json(response, { ...this.create(answer_id), answer_id, take: 1, part: 1, limit_ms: 60_000 });
  }

  /**
   * @param {Seen} seen
   * @param {ServerResponse} response
   */
  #reported({ body }, response) {
    const { answer_id, events } = JSON.parse(String(body));
    this.kept(answer_id).events.push(...events);
    json(response, { kept: events.length });
  }

  /**
   * @param {Seen} seen
   * @param {ServerResponse} response
   * @param {Kept} kept
   */
  #appended({ body, offset }, response, kept) {
    this.received += body.length;
    if (body.length > this.largestRequest) return problem(response, 413, {});
    if (offset !== kept.bytes.length) return problem(response, 409, { offset: kept.bytes.length });
    kept.bytes = Buffer.concat([kept.bytes, body]);
    return offsetReply(response, 204, kept);
  }
}

/**
 * @param {Seen} seen
 * @param {ServerResponse} response
 * @param {Kept} kept
 */
function completed({ body }, response, kept) {
  const { length } = JSON.parse(String(body));
  if (length !== kept.bytes.length) return problem(response, 409, { offset: kept.bytes.length });
  Object.assign(kept, { length, state: "received" });
  return json(response, { state: kept.state });
}

/**
 * @param {ServerResponse} response
 * @param {number} status
 * @param {Kept} kept
 */
function offsetReply(response, status, kept) {
  response.writeHead(status, { "Tus-Resumable": TUS, "Upload-Offset": kept.bytes.length });
  response.end();
}

/**
 * @param {ServerResponse} response
 * @param {object} body
 */
function json(response, body) {
  response.writeHead(200, { "Content-Type": "application/json" });
  response.end(JSON.stringify(body));
}

/**
 * A refusal in the portal's form.
 * @param {ServerResponse} response
 * @param {number} status
 * @param {object} more
 */
export function problem(response, status, more) {
  const type = "urn:career-portal:problem:test";
  response.writeHead(status, { "Content-Type": "application/problem+json", "Tus-Resumable": TUS });
  response.end(JSON.stringify({ type, title: `Refused with ${status}`, status, ...more }));
}

/**
 * The page of a proxy.
 * @param {number} status
 * @returns {Trick}
 */
export function htmlPage(status) {
  return (_seen, response) => {
    response.writeHead(status, { "Content-Type": "text/html" });
    response.end("<!doctype html><title>Sign in to this network</title>");
    return true;
  };
}

/**
 * The line breaks before the server got the request.
 * @type {Trick}
 */
export const lostBefore = (_seen, response) => {
  response.destroy();
  return true;
};

/**
 * The server does what was asked, and the line breaks before its reply.
 * @param {UploadServer} server
 * @returns {Trick}
 */
export function lostAfter(server) {
  return (seen, response) => {
    server.handle(seen, /** @type {ServerResponse} */ (/** @type {unknown} */ (NO_REPLY)));
    response.destroy();
    return true;
  };
}

const NO_REPLY = { writeHead() {}, end() {} };

/** @param {Uint8Array | ArrayBuffer} bytes */
export function sha256(bytes) {
  return createHash("sha256").update(new Uint8Array(bytes)).digest("hex");
}
