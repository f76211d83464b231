// The review player. The film's own clock is the only one: everything on the page follows it, and every control sets
// it.

import { elementAround, elementIn, elementsIn } from "../page/elements.js";
import { gettext as _ } from "../site/gettext.js";
import { FaceOverlay } from "./face_overlay.js";
import { Figure } from "./figure.js";
import { Film } from "./film.js";
import { bindKeys } from "./keys.js";
import { fillSummary } from "./summary_table.js";
import { Signals, clock, unmeasured } from "./signals.js";
import { tellWatched } from "./watched.js";

/** @import { Direction } from "./film.js" */
/** @typedef {FlagSpan & { row: HTMLElement, kind: string }} Flag */

const STEP_S = 5;
const BACK_TO_THIS_FLAG_MS = 1000; // within this time after its start, "previous flag" means the flag before

const page = elementIn(document, "#player");
/** @type {Registry} */
const registry = JSON.parse(page.dataset.registry ?? "{}");
/** @param {string} name */
const part = (name) => elementIn(page, `[data-part="${name}"]`);
const flagRows = elementsIn(page, "[data-flag]");
/** @type {Flag[]} */
const flags = flagRows.map((row) => ({
  row,
  kind: row.dataset.kind ?? "",
  severity: row.dataset.severity ?? "",
  startMs: Number(row.dataset.startMs),
  endMs: Number(row.dataset.endMs),
}));
const questionRows = elementsIn(page, "[data-question]");

/** @type {Figure | null} */
let figure = null;
/** @type {FaceOverlay | null} */
let overlay = null;

/** @param {string} text */
function say(text) {
  part("said").textContent = text;
}

const video = elementIn(page, `[data-part="video"]`, HTMLVideoElement);
const speed = elementIn(page, `[data-part="speed"]`, HTMLSelectElement);
const help = elementIn(page, `[data-part="help"]`, HTMLDialogElement);
const film = new Film(video, part("stage"), Number(page.dataset.durationMs), { onMoment: follow, say });

// ---- following the film

/** @param {number} [mediaS] */
function follow(mediaS = video.currentTime) {
  const ms = Math.round(mediaS * 1000);
  for (const name of ["time", "at"]) part(name).textContent = clock(ms);
  showCurrentFlags(ms);
  if (!figure) return;
  figure.follow(ms);
  showCurrentQuestion(figure, ms);
  overlay?.draw(ms, flags.find((flag) => flag.kind === "no_face" && isDuring(flag, ms)));
}

/**
 * @param {Flag} flag
 * @param {number} ms
 */
const isDuring = (flag, ms) => flag.startMs <= ms && ms < flag.endMs;

/** @param {number} ms */
function showCurrentFlags(ms) {
  for (const flag of flags) {
    const now = isDuring(flag, ms);
    if (setCurrent(flag.row, now) && now) revealInPanel(flag.row);
  }
}

/**
 * @param {Figure} shown
 * @param {number} ms
 */
function showCurrentQuestion(shown, ms) {
  const question = shown.signals.answerAt(ms)?.question;
  for (const row of questionRows) {
    const now = Number(row.dataset.question) === question;
    if (setCurrent(row, now) && now) part("prompt").textContent = elementIn(row, "[data-prompt]").textContent;
  }
}

/**
 * Returns whether this changed anything.
 * @param {HTMLElement} row
 * @param {boolean} now
 */
function setCurrent(row, now) {
  if (now === (row.getAttribute("aria-current") === "true")) return false;
  if (now) row.setAttribute("aria-current", "true");
  else row.removeAttribute("aria-current");
  return true;
}

// Scrolls the list only, never the page.
/** @param {HTMLElement} row */
function revealInPanel(row) {
  const panel = part("flags");
  const above = row.offsetTop - panel.scrollTop;
  if (above < 0 || above + row.offsetHeight > panel.clientHeight) panel.scrollTop = row.offsetTop;
}

// ---- setting the film

/** @param {Direction} direction */
function toFlag(direction) {
  const ms = film.nowMs;
  const flag =
    direction > 0
      ? flags.find(({ startMs }) => startMs > ms)
      : flags.findLast(({ startMs }) => startMs < ms - BACK_TO_THIS_FLAG_MS);
  if (!flag) return say(noFlagText(direction));
  film.seek(flag.startMs);
  const place = { number: flags.indexOf(flag) + 1, total: flags.length, title: flag.row.dataset.title };
  return say(_("Flag %(number)s of %(total)s: %(title)s", place));
}

/** @param {Direction} direction */
function noFlagText(direction) {
  if (!page.dataset.telemetry) return _("Nothing was measured, so there are no flags.");
  if (!flags.length) return _("There are no flags.");
  return direction > 0 ? _("No further flag.") : _("No earlier flag.");
}

/** @param {number} index */
function setSpeed(index) {
  speed.selectedIndex = Math.min(Math.max(index, 0), speed.options.length - 1);
  video.playbackRate = Number(speed.value);
  say(_("Speed %(speed)s", { speed: speed.selectedOptions[0]?.text }));
}

// The copied address leaves the filter out, because the filter may contain a name that somebody searched for.
async function copyLink() {
  const here = `#t=${(film.nowMs / 1000).toFixed(1)}`;
  history.replaceState(null, "", location.pathname + location.search + here);
  try {
    await navigator.clipboard.writeText(location.origin + location.pathname + here);
    say(_("Link at %(time)s copied.", { time: clock(film.nowMs, false) }));
  } catch {
    say(_("The address bar now holds the link to this moment."));
  }
}

function followAddress() {
  const match = /[#?&]t=(\d+(?:\.\d+)?)/.exec(location.hash || location.search);
  if (match) film.seek(Number(match[1]) * 1000);
}

// ---- what was measured

/** @param {Signals} signals */
function openFigure(signals) {
  figure = new Figure(page, signals, flags, { seek: (ms) => film.seek(ms), onResize: () => follow() });
  overlay = new FaceOverlay(elementIn(page, `[data-part="overlay"]`, HTMLCanvasElement), video, signals);
  if (signals.isMeasured) fillSummary(part("summary"), signals);
  follow();
}

/** Show only the questions: nothing was measured, or the measurements did not arrive. */
function openUnmeasured() {
  for (const row of elementsIn(page, "[data-measured]")) row.hidden = true;
  openFigure(new Signals(unmeasured(film.lengthMs, JSON.parse(page.dataset.answers ?? "[]")), registry));
}

/** @param {string} address */
async function loadTelemetry(address) {
  try {
    const response = await fetch(address, { credentials: "same-origin" });
    const isJson = (response.headers.get("Content-Type") ?? "").includes("json");
    if (!response.ok || !isJson) throw new Error(notTelemetry(response));
    openFigure(new Signals(await response.json(), registry));
  } catch (error) {
    openUnmeasured();
    part("no-lanes").hidden = false;
    part("no-lanes-words").textContent = _(
      "The measurements could not be loaded (%(cause)s). The recording plays without them.",
      { cause: error.message },
    );
  }
}

/** @param {Response} response */
function notTelemetry({ ok, status }) {
  return ok ? _("the reply is not JSON") : _("status %(status)s", { status });
}

// ---- start

/** @type {Record<string, () => unknown>} */
const actions = {
  toggle: () => film.toggle(),
  back: () => film.seek(film.nowMs - STEP_S * 1000),
  forward: () => film.seek(film.nowMs + STEP_S * 1000),
  frameBack: () => film.step(-1),
  frameForward: () => film.step(1),
  nextFlag: () => toFlag(1),
  previousFlag: () => toFlag(-1),
  faster: () => setSpeed(speed.selectedIndex + 1),
  slower: () => setSpeed(speed.selectedIndex - 1),
  start: () => film.toStart(),
  end: () => film.toEnd(),
  mute: () => part("mute").setAttribute("aria-pressed", String(film.toggleMute())),
  fullscreen: () => film.fullScreen(),
  copyLink,
  newer: () => elementsIn(page, "a[rel=prev]").at(0)?.click(),
  older: () => elementsIn(page, "a[rel=next]").at(0)?.click(),
  help: () => (help.open ? help.close() : help.showModal()),
};

function bindControls() {
  video.controls = false;
  part("controls").hidden = false;
  part("duration").textContent = clock(film.lengthMs);
  page.addEventListener("click", (event) => {
    const seeker = elementAround(event, "[data-seek-ms]");
    const button = elementAround(event, "[data-do]");
    if (button) actions[button.dataset.do ?? ""]?.();
    if (!seeker || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    film.seek(Number(seeker.dataset.seekMs));
  });
  video.addEventListener("click", () => void film.toggle());
  for (const name of ["play", "pause", "ended"]) video.addEventListener(name, showPlaying);
  video.addEventListener("durationchange", () => (part("duration").textContent = clock(film.lengthMs)));
  video.addEventListener("error", () => say(_("The recording could not be loaded. Reload the page to try again.")));
  speed.addEventListener("change", () => setSpeed(speed.selectedIndex));
  window.addEventListener("hashchange", followAddress);
}

function showPlaying() {
  if (film.isRedrawing) return;
  part("play").setAttribute("aria-label", video.paused ? _("Play") : _("Pause"));
  page.dataset.playing = String(!video.paused);
}

bindControls();
tellWatched(video, page.dataset.played ?? "", page.dataset.csrf ?? "");
bindKeys(actions, elementIn(page, `[data-part="keys"]`, HTMLInputElement));
if (video.readyState >= 1) followAddress();
else video.addEventListener("loadedmetadata", followAddress, { once: true });
follow();
if (page.dataset.telemetry) void loadTelemetry(page.dataset.telemetry);
else openUnmeasured();
