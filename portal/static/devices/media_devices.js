// Opens camera and microphone, and says in plain words what is wrong where that fails and how to cure it.
// Used by the device check and by the room; shows nothing itself.

import { recordingType } from "./recorder.js";
import { missing as notOffered } from "./browser_requirements.js";
import { DeviceTrouble } from "./device_trouble.js";

// "none": an upright camera stays upright. Without it Chromium cuts a square of 480 px out of its picture.
const SIZE = { width: { ideal: 640 }, height: { ideal: 480 }, resizeMode: { ideal: "none" } };
const WANTED = {
  video: { ...SIZE, frameRate: { ideal: 24, max: 30 }, facingMode: "user" },
  audio: { echoCancellation: true, channelCount: { ideal: 1 } },
};

const USE_ANOTHER = "Use a current Chrome, Edge, Firefox or Safari, on this device or on another one: your interview waits for you.";

/** Why this browser cannot record at all, with the name of what it lacks, or null. */
export function browserTrouble() {
  if (!window.isSecureContext) {
    return new DeviceTrouble(
      "This page is not opened over HTTPS",
      "Browsers give the camera only to secure pages. Open this address with https:// in front.",
    );
  }
  const lacking = notOffered();
  if (lacking.length) return new DeviceTrouble("This browser cannot record video", `It lacks ${lacking.join(", ")}. ${USE_ANOTHER}`);
  if (recordingType()) return null;
  return new DeviceTrouble("This browser cannot record video", `It makes neither MP4 with H.264 nor WebM with VP8. ${USE_ANOTHER}`);
}

/** A running stream of camera and microphone. Throws DeviceTrouble. */
export async function openDevices() {
  const trouble = browserTrouble();
  if (trouble) throw trouble;
  try {
    return await navigator.mediaDevices.getUserMedia(WANTED);
  } catch (error) {
    throw await explained(error);
  }
}

export function closeDevices(stream) {
  stream?.getTracks().forEach((track) => track.stop());
}

async function explained(error) {
  switch (error.name) {
    case "NotAllowedError":
    case "SecurityError":
      return new DeviceTrouble(
        "Permission denied: camera and microphone are blocked for this page",
        "Choose the camera sign in the browser's address bar, allow both, then try again.",
      );
    case "NotFoundError":
      return missing(await deviceKinds());
    case "NotReadableError":
    case "AbortError":
      return new DeviceTrouble(
        "The camera or microphone is busy",
        "Another program seems to use it. Close video calls and other tabs that record, then try again.",
      );
    case "OverconstrainedError": { // WebKit's word where there is no device at all
      const kinds = await deviceKinds();
      if (!kinds.includes("videoinput") || !kinds.includes("audioinput")) return missing(kinds);
      return new DeviceTrouble("This camera cannot deliver a usable picture", "Connect another camera, then try again.");
    }
    default:
      return new DeviceTrouble(`The camera could not be opened (${error.name})`, "Reload the page and try again.");
  }
}

async function deviceKinds() {
  return (await navigator.mediaDevices.enumerateDevices()).map((device) => device.kind);
}

function missing(kinds) {
  const hasCamera = kinds.includes("videoinput");
  const hasMicrophone = kinds.includes("audioinput");
  const what = hasCamera ? "No microphone was found" : hasMicrophone ? "No camera was found" : "No camera and no microphone were found";
  return new DeviceTrouble(what, "Connect one, check that it is switched on, then try again.");
}
