// Only one browser tab records an interview: this one asks the server for the seat, keeps it warm, and notices its loss.

import { Problem, timeLimit } from "./api.js";
import { uuid } from "./uuid.js";

const BEAT_EVERY_MS = 5_000; // a third of the 15 s after which the server gives the seat away
const REST_MS = 4_000; // with a beat before it and one after, still within those 15 s, should the page stay after all
const TAB_KEY = "interview-tab";
const LET_GO_WITHIN_MS = 3_000; // a tab of this browser needs less to end its recording; one elsewhere never answers
const UNTOLD_WITHIN_MS = BEAT_EVERY_MS + LET_GO_WITHIN_MS; // where tabs cannot speak to each other, it notices at its next beat
const LOCK_WITHIN_MS = 1_000; // a reloaded page's old self lets go at once; a duplicated tab never does

export class Seat {
  /** `onLost()` when another tab has it; what it returns is awaited before that tab goes on. `onStopped(error)` when
   *  the interview goes no further, because its application was withdrawn or decided. */
  constructor(api, interviewId, onLost, onStopped = onLost) {
    Object.assign(this, { api, onLost, onStopped, tab: null, timer: null, restsUntil: 0 });
    this.channel = window.BroadcastChannel ? new BroadcastChannel(`interview-seat-${interviewId}`) : null; // Safari 15.4
  }

  /** Whether the seat is ours now. */
  async take(takeOver) {
    this.tab ??= await tabId();
    try {
      await this.#ask(takeOver);
    } catch (error) {
      if (error instanceof Problem && error.status === 409) return false;
      throw error;
    }
    this.timer ??= setInterval(() => this.#beat(), BEAT_EVERY_MS);
    this.#listen((word) => word === "taken" && this.#leave());
    return true;
  }

  /** After taking over: lets a tab of this same browser end its recording tidily, whole to the last second. */
  askOthersToLetGo() {
    return new Promise((resolve) => {
      setTimeout(resolve, this.channel ? LET_GO_WITHIN_MS : UNTOLD_WITHIN_MS);
      this.#listen((word) => word === "released" && resolve());
      this.channel?.postMessage("taken");
    });
  }

  /** The page is about to go: what it still asked would be asked in vain. */
  rest() {
    this.restsUntil = performance.now() + REST_MS;
  }

  async #leave() {
    clearInterval(this.timer);
    this.#listen(null);
    await this.onLost();
    this.channel?.postMessage("released");
  }

  #listen(onWord) {
    if (this.channel) this.channel.onmessage = onWord && ((event) => onWord(event.data));
  }

  async #stop(error) {
    clearInterval(this.timer);
    await this.onStopped(error);
  }

  #ask(takeOver) {
    return this.api.post("seat", { tab: this.tab, take_over: takeOver });
  }

  async #beat() {
    if (performance.now() < this.restsUntil) return;
    try {
      await this.#ask(false);
    } catch (error) {
      // Unreachable is no loss: the recording goes on, and the seat is asked for again at the next beat.
      if (!(error instanceof Problem)) return;
      if (error.status === 409) await this.#leave();
      if (error.status === 403) await this.#stop(error);
    }
  }
}

/** The same through reloads of this tab, another one in a duplicate of it (which copies sessionStorage). */
async function tabId() {
  const known = sessionStorage.getItem(TAB_KEY);
  if (known && (await isOnlyHolder(known))) return known;
  const fresh = uuid();
  sessionStorage.setItem(TAB_KEY, fresh);
  await isOnlyHolder(fresh);
  return fresh;
}

function isOnlyHolder(id) {
  if (!navigator.locks) return Promise.resolve(isReloaded()); // Safari before 15.4: a duplicate is no reload, so it is another tab
  const limit = timeLimit(LOCK_WITHIN_MS);
  return new Promise((resolve) => {
    const held = () => new Promise(() => resolve(true)); // never settles: held as long as the page lives
    navigator.locks.request(`${TAB_KEY}-${id}`, { signal: limit.signal }, held).catch(() => resolve(false));
  }).finally(limit.done);
}

function isReloaded() {
  return performance.getEntriesByType("navigation")[0]?.type === "reload";
}
