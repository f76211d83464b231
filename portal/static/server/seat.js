// Only one browser tab may record an interview. This one claims the seat at the server, renews the claim every few
// seconds, and notices when another tab takes the seat.

import { Problem, timeLimit } from "./api.js";
import { uuid } from "./uuid.js";

/** @import { Api } from "./api.js" */

const BEAT_EVERY_MS = 5_000; // a third of the 15 s after which the server gives the seat to another tab
const PAUSE_MS = 4_000; // if the page stays after all, claims before and after the pause are still within those 15 s
const TAB_KEY = "interview-tab"; // a stored name: a reload with a new version of this file must find it
const RELEASE_WITHIN_MS = 3_000; // a tab of this browser needs less to end its recording; another device never answers
// Without a channel, the other tab notices at its next claim.
const NO_CHANNEL_WAIT_MS = BEAT_EVERY_MS + RELEASE_WITHIN_MS;
const LOCK_WITHIN_MS = 1_000; // a reloaded page releases its old lock at once; a duplicated tab never does

export class Seat {
  /**
   * `onLost()` is called when another tab has the seat; that tab waits until it resolves. `onStopped(error)` is called
   * when the interview cannot continue, because its application was withdrawn or decided.
   * @param {Api} api
   * @param {string} interviewId
   * @param {() => unknown} onLost
   * @param {(error: Problem) => unknown} [onStopped]
   */
  constructor(api, interviewId, onLost, onStopped = onLost) {
    this.api = api;
    this.onLost = onLost;
    this.onStopped = onStopped;
    /** @type {string | null} */
    this.tab = null;
    /** @type {ReturnType<typeof setInterval> | undefined} */
    this.timer = undefined;
    this.pausedUntil = 0;
    // Safari 15.4.
    this.channel = window.BroadcastChannel ? new BroadcastChannel(`interview-seat-${interviewId}`) : null;
  }

  /**
   * Resolves to whether this tab has the seat now.
   * @param {boolean} takeOver
   */
  async claim(takeOver) {
    this.tab ??= await tabId();
    try {
      await this.#ask(takeOver);
    } catch (error) {
      if (error instanceof Problem && error.status === 409) return false;
      throw error;
    }
    this.timer ??= setInterval(() => this.#beat(), BEAT_EVERY_MS);
    this.#listen((message) => void (message === "taken" && this.#leave()));
    return true;
  }

  /** After a takeover: give another tab of this browser the time to end its recording, complete to the last second. */
  askOthersToRelease() {
    /** @type {Promise<void>} */
    const released = new Promise((resolve) => {
      setTimeout(resolve, this.channel ? RELEASE_WITHIN_MS : NO_CHANNEL_WAIT_MS);
      this.#listen((message) => message === "released" && resolve());
      this.channel?.postMessage("taken");
    });
    return released;
  }

  /** The page is about to be left: a claim that is sent now would be refused. */
  pauseClaims() {
    this.pausedUntil = performance.now() + PAUSE_MS;
  }

  async #leave() {
    clearInterval(this.timer);
    this.#listen(null);
    await this.onLost();
    this.channel?.postMessage("released");
  }

  /** @param {((message: unknown) => void) | null} onMessage */
  #listen(onMessage) {
    if (this.channel) this.channel.onmessage = onMessage && ((event) => onMessage(event.data));
  }

  /** @param {Problem} error */
  async #stop(error) {
    clearInterval(this.timer);
    await this.onStopped(error);
  }

  /** @param {boolean} takeOver */
  #ask(takeOver) {
    return this.api.post("seat", { tab: this.tab, take_over: takeOver });
  }

  async #beat() {
    if (performance.now() < this.pausedUntil) return;
    try {
      await this.#ask(false);
    } catch (error) {
      // A lost connection is not a lost seat: the recording continues, and the next beat claims the seat again.
      if (!(error instanceof Problem)) return;
      if (error.status === 409) await this.#leave();
      if (error.status === 403) await this.#stop(error);
    }
  }
}

/**
 * An id that stays the same when this tab is reloaded. A duplicate of the tab, which copies sessionStorage, gets its
 * own.
 */
async function tabId() {
  const known = sessionStorage.getItem(TAB_KEY);
  if (known && (await isOnlyHolder(known))) return known;
  const fresh = uuid();
  sessionStorage.setItem(TAB_KEY, fresh);
  await isOnlyHolder(fresh);
  return fresh;
}

/**
 * Whether no other tab holds a lock on this id. The lock is released only when the page is gone.
 * @param {string} id
 * @returns {Promise<boolean>}
 */
function isOnlyHolder(id) {
  // Safari before 15.4: only a reload is surely the same tab.
  if (!navigator.locks) return Promise.resolve(isReloaded());
  const limit = timeLimit(LOCK_WITHIN_MS);
  return new Promise((resolve) => {
    const holdForever = () => new Promise(() => resolve(true));
    navigator.locks.request(`${TAB_KEY}-${id}`, { signal: limit.signal }, holdForever).catch(() => resolve(false));
  }).finally(limit.done);
}

function isReloaded() {
  const [navigation] = /** @type {PerformanceNavigationTiming[]} */ (performance.getEntriesByType("navigation"));
  return navigation?.type === "reload";
}
