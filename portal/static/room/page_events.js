// Notices, while an answer is recorded and only where the candidate agreed to measuring: when the page is hidden or
// loses the focus, when fullscreen ends, when a second display is connected, and when something is pasted. It never
// reads what was pasted or looked at. Others may report events with a duration, too: began(kind), ended(kind).

const BLUR_SETTLES_MS = 200; // a change of tabs first blurs and then hides the page: that is one event, not two

/** @typedef {{ now: () => number, onEvent: (event: PageEvent) => unknown, onClosed: (event: PageEvent) => unknown }}
 *   Listener */

// The fields of an event are named as in the API, and they are stored in this browser: their names must not change.
export class PageEvents {
  /**
   * `now()` returns the time in the answer; `onEvent(event)` is called for each new one, `onClosed(event)` at its end.
   * @param {Listener} options
   */
  constructor({ now, onEvent, onClosed }) {
    this.now = now;
    this.onEvent = onEvent;
    this.onClosed = onClosed;
    /** @type {Map<string, PageEvent>} */
    this.open = new Map();
    /** @type {AbortController | null} */
    this.listening = null;
  }

  start() {
    this.listening = new AbortController();
    const { signal } = this.listening;
    /** @type {(target: EventTarget, name: string, act: (event: Event) => void) => void} */
    const on = (target, name, act) => target.addEventListener(name, act, { signal });
    on(document, "visibilitychange", () => this.#visibilityChanged());
    on(window, "blur", () => setTimeout(() => this.#blurred(), BLUR_SETTLES_MS));
    on(window, "focus", () => this.ended("focus_lost"));
    on(document, "paste", (event) => this.#pasted(/** @type {ClipboardEvent} */ (event)));
    on(document, "fullscreenchange", () => document.fullscreenElement || this.#happened("fullscreen_left"));
    if (window.screen.isExtended) this.#happened("second_display");
  }

  stop() {
    this.listening?.abort();
    this.listening = null;
    [...this.open.keys()].forEach((kind) => this.ended(kind));
  }

  #visibilityChanged() {
    if (document.hidden) {
      this.ended("focus_lost");
      this.began("tab_hidden");
    } else {
      this.ended("tab_hidden");
    }
  }

  #blurred() {
    if (this.listening && !document.hidden && !document.hasFocus()) this.began("focus_lost");
  }

  /**
   * Only the length of the pasted text is used; the text itself goes no further than this line.
   * @param {ClipboardEvent} event
   */
  #pasted(event) {
    this.#happened("paste", event.clipboardData?.getData("text/plain").length ?? null);
  }

  /**
   * @param {string} kind
   * @param {number | null} [characters]
   */
  #happened(kind, characters = null) {
    this.onEvent({ kind, t_ms: Math.round(this.now()), until_ms: null, characters, is_open: false });
  }

  /** @param {string} kind */
  began(kind) {
    if (this.open.has(kind)) return;
    const event = { kind, t_ms: Math.round(this.now()), until_ms: null, is_open: true };
    this.open.set(kind, event);
    this.onEvent(event);
  }

  /** @param {string} kind */
  ended(kind) {
    const event = this.open.get(kind);
    if (!event) return;
    this.open.delete(kind);
    Object.assign(event, { until_ms: Math.round(this.now()), is_open: false });
    this.onClosed(event);
  }
}
