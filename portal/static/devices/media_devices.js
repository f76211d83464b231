// Opens camera and microphone. Where that fails, it says in plain words what is wrong and what the person can do.

import { gettext as _ } from "../site/gettext.js";
import { missingFeatures } from "./browser_requirements.js";
import { DeviceTrouble } from "./device_trouble.js";
import { recordingType } from "./recorder.js";

// "none" keeps the picture of an upright camera upright. Without it, Chromium cuts a square of 480 px out of it.
const SIZE = { width: { ideal: 640 }, height: { ideal: 480 }, resizeMode: { ideal: "none" } };
const WANTED = {
  video: { ...SIZE, frameRate: { ideal: 24, max: 30 }, facingMode: "user" },
  audio: { echoCancellation: true, channelCount: { ideal: 1 } },
};

/** Why this browser cannot record at all, with the names of what it lacks, or null. */
export function browserTrouble() {
  if (!window.isSecureContext) {
    return new DeviceTrouble(
      _("This page is not opened over HTTPS"),
      _("Browsers give the camera only to secure pages. Open this address with https:// in front."),
    );
  }
  const missing = missingFeatures();
  if (missing.length) return cannotRecord(_("It lacks %(features)s.", { features: missing.join(", ") }));
  return recordingType() ? null : cannotRecord(_("It makes neither MP4 with H.264 nor WebM with VP8."));
}

/** @param {string} why */
function cannotRecord(why) {
  const advice = _(
    "Use a current Chrome, Edge, Firefox or Safari, on this device or on another one: your interview waits for you.",
  );
  return new DeviceTrouble(_("This browser cannot record video"), `${why} ${advice}`);
}

/** A running stream of camera and microphone. Throws DeviceTrouble. */
export async function openDevices() {
  const trouble = browserTrouble();
  if (trouble) throw trouble;
  try {
    return await navigator.mediaDevices.getUserMedia(WANTED);
  } catch (error) {
    throw await troubleOf(error);
  }
}

/** @param {MediaStream | null | undefined} stream */
export function closeDevices(stream) {
  stream?.getTracks().forEach((track) => track.stop());
}

/** @param {DOMException} error */
async function troubleOf(error) {
  switch (error.name) {
    case "NotAllowedError":
    case "SecurityError":
      return new DeviceTrouble(
        _("Permission denied: camera and microphone are blocked for this page"),
        _("Choose the camera sign in the browser's address bar, allow both, then try again."),
      );
    case "NotFoundError":
      return notFound(await deviceKinds());
    case "NotReadableError":
    case "AbortError":
      return new DeviceTrouble(
        _("The camera or microphone is busy"),
        _("Another program seems to use it. Close video calls and other tabs that record, then try again."),
      );
    case "OverconstrainedError": { // WebKit reports this where there is no device at all
      const kinds = await deviceKinds();
      if (!kinds.includes("videoinput") || !kinds.includes("audioinput")) return notFound(kinds);
      return new DeviceTrouble(
        _("This camera cannot deliver a usable picture"),
        _("Connect another camera, then try again."),
      );
    }
    default:
      return new DeviceTrouble(
        _("The camera could not be opened (%(error)s)", { error: error.name }),
        _("Reload the page and try again."),
      );
  }
}

async function deviceKinds() {
  return (await navigator.mediaDevices.enumerateDevices()).map((device) => device.kind);
}

/** @param {MediaDeviceKind[]} kinds */
function notFound(kinds) {
  return new DeviceTrouble(notFoundTitle(kinds), _("Connect one, check that it is switched on, then try again."));
}

/** @param {MediaDeviceKind[]} kinds */
function notFoundTitle(kinds) {
  if (kinds.includes("videoinput")) return _("No microphone was found");
  return kinds.includes("audioinput") ? _("No camera was found") : _("No camera and no microphone were found");
}
