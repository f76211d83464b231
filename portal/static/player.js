// The review player: one clock, the video's own. Everything on the page follows it, and every control sets it.

import { Lanes } from "./lanes.js";
import { Overlay } from "./overlay.js";
import { bindKeys } from "./player-keys.js";
import { fillChapters, fillSummary } from "./player-text.js";
import { Signals, clock, withUnit } from "./signals.js";

const STEP_S = 5;
const ASSUMED_FRAME_S = 1 / 24; // what our recorder asks for; replaced by what the video shows
const BACK_TO_THIS_FLAG_MS = 1000; // "previous" within the first second of a flag means the one before it

const page = document.querySelector("#player");
const part = (name) => page.querySelector(`[data-part="${name}"]`);
const video = part("video");
const flagRows = [...page.querySelectorAll("[data-flag]")];
const flags = flagRows.map((row) => ({
  row,
  kind: row.dataset.kind,
  severity: row.dataset.severity,
  startMs: Number(row.dataset.startMs),
  endMs: Number(row.dataset.endMs),
}));

let signals = null;
let lanes = null;
let overlay = null;
let frameS = ASSUMED_FRAME_S;
let lastFrameAtS = null;

const nowMs = () => Math.round(video.currentTime * 1000);
const lengthMs = () => (Number.isFinite(video.duration) ? video.duration * 1000 : Number(page.dataset.durationMs));

function say(text) {
  part("said").textContent = text;
}

// ---- following the video

function follow(mediaS = video.currentTime) {
  const ms = Math.round(mediaS * 1000);
  part("time").textContent = clock(ms);
  markFlags(ms);
  if (!signals) return;
  keepInView(ms);
  moveCursor(ms);
  showValues(ms);
  overlay.draw(ms, flags.find((flag) => flag.kind === "no_face" && isDuring(flag, ms)));
}

const isDuring = (flag, ms) => flag.startMs <= ms && ms < flag.endMs;

function markFlags(ms) {
  for (const flag of flags) {
    const now = isDuring(flag, ms);
    if (now === (flag.row.getAttribute("aria-current") === "true")) continue;
    if (now) flag.row.setAttribute("aria-current", "true");
    else flag.row.removeAttribute("aria-current");
    if (now) revealInPanel(flag.row);
  }
}

// Scrolls the list only, never the page.
function revealInPanel(row) {
  const panel = part("flags");
  const above = row.offsetTop - panel.scrollTop;
  if (above < 0 || above + row.offsetHeight > panel.clientHeight) panel.scrollTop = row.offsetTop;
}

function moveCursor(ms) {
  part("cursor").style.transform = `translateX(${lanes.x(ms)}px)`;
  const slider = part("slider");
  const answer = signals.answerAt(ms);
  slider.setAttribute("aria-valuenow", String(Math.round(ms / 1000)));
  slider.setAttribute("aria-valuetext", `${clock(ms, false)}${answer ? `, question ${answer.question}` : ""}`);
}

const VALUES = {
  questions: (ms) => (signals.answerAt(ms) ? `Q${signals.answerAt(ms).question}` : "–"),
  faces: (ms) => valueAt("count", ms),
  head: (ms) => shown(["yaw_deg", "pitch_deg", "roll_deg"], ms),
  eyes: (ms) => shown(["gaze_x", "openness"], ms),
  sound: (ms) => valueAt("level_dbfs", ms) + (signals.at("speech", ms) >= 0.5 ? "\nspeech" : ""),
  quality: (ms) => valueAt("brightness", ms) + (signals.at("frozen", ms) ? "\nfrozen" : ""),
};
const valueAt = (series, ms) => withUnit(series, signals.at(series, ms));
const shown = (names, ms) => names.filter((name) => !lanes.hidden.has(name)).map((name) => valueAt(name, ms)).join("\n");

function showValues(ms) {
  for (const [name, value] of Object.entries(VALUES)) page.querySelector(`[data-value="${name}"]`).textContent = value(ms);
}

function followFrames() {
  const next = (_, frame) => {
    const step = lastFrameAtS === null ? 0 : frame.mediaTime - lastFrameAtS;
    if (!video.paused && step > 0.005 && step < 0.1) frameS = step;
    lastFrameAtS = frame.mediaTime;
    if (!video.seeking) follow(frame.mediaTime);
    video.requestVideoFrameCallback(next);
  };
  if (video.requestVideoFrameCallback) video.requestVideoFrameCallback(next);
  for (const name of ["timeupdate", "seeking", "seeked", "loadedmetadata", "resize"]) video.addEventListener(name, () => follow());
}

// ---- setting the video

function seek(ms) {
  const inside = Math.min(Math.max(ms, 0), lengthMs());
  video.currentTime = inside / 1000;
  follow(inside / 1000);
}

function toggle() {
  if (!video.paused) return video.pause();
  return video.play().catch((error) => say(`The recording could not be played (${error.name}).`));
}

function stepFrame(direction) {
  video.pause();
  seek(nowMs() + direction * frameS * 1000);
}

function toFlag(direction) {
  const ms = nowMs();
  const flag =
    direction > 0
      ? flags.find(({ startMs }) => startMs > ms)
      : flags.findLast(({ startMs }) => startMs < ms - BACK_TO_THIS_FLAG_MS);
  if (!flag) return say(direction > 0 ? "No further flag." : "No earlier flag.");
  seek(flag.startMs);
  return say(`Flag ${flags.indexOf(flag) + 1} of ${flags.length}: ${flag.row.dataset.title}`);
}

function setSpeed(index) {
  const speed = part("speed");
  speed.selectedIndex = Math.min(Math.max(index, 0), speed.options.length - 1);
  video.playbackRate = Number(speed.value);
  say(`Speed ${speed.value}×`);
}

function toggleMute() {
  video.muted = !video.muted;
  part("mute").setAttribute("aria-pressed", String(video.muted));
}

function fullscreen() {
  if (document.fullscreenElement) return document.exitFullscreen();
  return part("stage").requestFullscreen().catch(() => say("This browser refuses full screen here."));
}

async function copyLink() {
  const here = `#t=${(nowMs() / 1000).toFixed(1)}`;
  history.replaceState(null, "", location.pathname + here);
  try {
    await navigator.clipboard.writeText(location.href);
    say(`Link at ${clock(nowMs(), false)} copied.`);
  } catch {
    say("The address bar now holds the link to this moment.");
  }
}

function followAddress() {
  const match = /[#?&]t=(\d+(?:\.\d+)?)/.exec(location.hash || location.search);
  if (match) seek(Number(match[1]) * 1000);
}

// ---- the lanes

function keepInView(ms) {
  const span = Number(part("zoom").value);
  const whole = signals.durationMs;
  if (!span || span >= whole) return lanes.fromMs === 0 && lanes.toMs === whole ? null : lanes.show(0, whole);
  const fits = lanes.toMs - lanes.fromMs === span && lanes.fromMs <= ms && ms <= lanes.toMs;
  if (fits) return null;
  const fromMs = Math.min(Math.max(ms - span * 0.1, 0), whole - span);
  return lanes.show(fromMs, fromMs + span);
}

function bindSlider() {
  const slider = part("slider");
  const pointedMs = (event) => lanes.ms(event.clientX - slider.getBoundingClientRect().left);
  slider.setAttribute("aria-valuemax", String(Math.round(signals.durationMs / 1000)));
  slider.addEventListener("pointerdown", (event) => {
    slider.setPointerCapture(event.pointerId);
    seek(pointedMs(event));
  });
  slider.addEventListener("pointermove", (event) => {
    const ms = pointedMs(event);
    if (slider.hasPointerCapture(event.pointerId)) seek(ms);
    hover(ms);
  });
  slider.addEventListener("pointerleave", () => (part("hover").hidden = true));
}

function hover(ms) {
  const line = part("hover");
  line.hidden = false;
  line.style.transform = `translateX(${lanes.x(ms)}px)`;
  line.dataset.side = lanes.x(ms) > lanes.width / 2 ? "left" : "right";
  line.firstElementChild.textContent = clock(ms);
}

function openLanes(telemetry) {
  signals = new Signals(telemetry);
  part("figure").hidden = false;
  const rows = Object.fromEntries([...page.querySelectorAll("[data-lane]")].map((row) => [row.dataset.lane, row]));
  lanes = new Lanes(part("lanes"), rows, signals, flags);
  overlay = new Overlay(part("overlay"), video, signals);
  lanes.draw();
  bindSlider();
  new ResizeObserver(() => {
    lanes.draw();
    follow();
  }).observe(part("lanes"));
  for (const box of page.querySelectorAll("[data-series]")) {
    box.addEventListener("change", () => {
      lanes.toggle(box.dataset.series, box.checked);
      follow();
    });
  }
  fillChapters(page.querySelectorAll("[data-question]"), signals);
  fillSummary(part("summary"), signals);
  document.fonts?.ready.then(() => lanes.draw());
}

async function loadTelemetry() {
  try {
    const response = await fetch(page.dataset.telemetry, { credentials: "same-origin" });
    const isJson = (response.headers.get("Content-Type") ?? "").includes("json");
    if (!response.ok || !isJson) throw new Error(response.ok ? "something else answered" : `status ${response.status}`);
    openLanes(await response.json());
    follow();
  } catch (error) {
    part("no-lanes").hidden = false;
    say(`The measurements could not be loaded (${error.message}). The recording plays without them.`);
  }
}

// ---- start

const actions = {
  toggle,
  back: () => seek(nowMs() - STEP_S * 1000),
  forward: () => seek(nowMs() + STEP_S * 1000),
  frameBack: () => stepFrame(-1),
  frameForward: () => stepFrame(1),
  nextFlag: () => toFlag(1),
  previousFlag: () => toFlag(-1),
  faster: () => setSpeed(part("speed").selectedIndex + 1),
  slower: () => setSpeed(part("speed").selectedIndex - 1),
  start: () => seek(0),
  end: () => seek(lengthMs()),
  mute: toggleMute,
  fullscreen,
  copyLink,
  newer: () => page.querySelector("a[rel=prev]")?.click(),
  older: () => page.querySelector("a[rel=next]")?.click(),
  help: () => (part("help").open ? part("help").close() : part("help").showModal()),
};

function bindControls() {
  video.controls = false;
  part("controls").hidden = false;
  part("duration").textContent = clock(lengthMs());
  page.addEventListener("click", (event) => {
    const seeker = event.target.closest("[data-seek-ms]");
    const button = event.target.closest("[data-do]");
    if (button) actions[button.dataset.do]();
    if (!seeker || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    seek(Number(seeker.dataset.seekMs));
  });
  video.addEventListener("click", toggle);
  for (const name of ["play", "pause", "ended"]) video.addEventListener(name, showPlaying);
  video.addEventListener("durationchange", () => (part("duration").textContent = clock(lengthMs())));
  video.addEventListener("error", () => say("The recording could not be loaded. Reload the page to try again."));
  part("speed").addEventListener("change", () => setSpeed(part("speed").selectedIndex));
  part("zoom").addEventListener("change", () => follow());
  window.addEventListener("hashchange", followAddress);
}

function showPlaying() {
  part("play").setAttribute("aria-label", video.paused ? "Play" : "Pause");
  page.dataset.playing = String(!video.paused);
}

bindControls();
bindKeys(actions, part("keys"));
followFrames();
if (video.readyState >= 1) followAddress();
else video.addEventListener("loadedmetadata", followAddress, { once: true });
follow();
if (page.dataset.telemetry) loadTelemetry();
