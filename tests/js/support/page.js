// What our scripts need of a browser, given to Node: IndexedDB, the page's address and language, and its line to the
// server. A page is an asynchronous context of its own. Once it is closed, nothing that it began goes on: no reply reaches it.

import "fake-indexeddb/auto";

import { AsyncLocalStorage } from "node:async_hooks";

const pages = /** @type {AsyncLocalStorage<Page>} */ (new AsyncLocalStorage());
const fetchOfNode = globalThis.fetch;

class Page {
  isOpen = true;

  /** @param {string} address */
  constructor(address) {
    this.address = address;
  }

  /**
   * Do this as a script of this page.
   * @template T
   * @param {() => T} work
   */
  run(work) {
    return pages.run(this, work);
  }

  close() {
    this.isOpen = false;
  }

  /**
   * @param {string | URL | Request} url
   * @param {RequestInit} [options]
   * @returns {Promise<Response>}
   */
  async fetch(url, options) {
    const reply = this.isOpen && (await fetchOfNode(new URL(String(url), this.address), options));
    return reply && this.isOpen ? reply : new Promise(() => {});
  }
}

const line = Object.assign(new EventTarget(), { onLine: true });

/** The part of a browser's `Storage` that our scripts use: it lives as long as the tab. */
class TabStorage {
  /** @type {Map<string, string>} */ values = new Map();

  /** @param {string} key */
  getItem(key) {
    return this.values.get(key) ?? null;
  }

  /**
   * @param {string} key
   * @param {string} value
   */
  setItem(key, value) {
    this.values.set(key, value);
  }

  /** @param {string} key */
  removeItem(key) {
    this.values.delete(key);
  }
}

Object.assign(globalThis, {
  sessionStorage: new TabStorage(),
  window: line,
  location: new URL("http://127.0.0.1/"),
  document: Object.assign(new EventTarget(), { hidden: false, documentElement: { lang: "en" } }),
  /** @type {typeof fetch} */
  fetch: (url, options) => (pages.getStore() ?? new Page(location.href)).fetch(url, options),
});
Object.defineProperty(globalThis, "navigator", { value: line, configurable: true });

/** @param {string} address */
export function openPage(address) {
  return new Page(address);
}

/**
 * The browser says whether the machine has a network.
 * @param {boolean} isOnline
 */
export function setOnline(isOnline) {
  line.onLine = isOnline;
  line.dispatchEvent(new Event(isOnline ? "online" : "offline"));
}

/**
 * The page is in this language from now on.
 * @param {string} language
 */
export function speaks(language) {
  document.documentElement.lang = language;
}
