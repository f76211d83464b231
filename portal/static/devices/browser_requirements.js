// What a browser must offer so that the room can record and send, each with a name that a person can look up. What only
// improves the room and may be missing (for example the screen's wake lock) is not listed.

import { gettext as _ } from "../site/gettext.js";

/** @type {[() => string, () => unknown][]} */
const NEEDED = [
  [() => _("a secure page (HTTPS)"), () => window.isSecureContext],
  [() => _("camera and microphone (getUserMedia)"), () => navigator.mediaDevices?.getUserMedia],
  [() => _("recording (MediaRecorder)"), () => window.MediaRecorder?.isTypeSupported],
  [() => _("sound (AudioContext)"), () => window.AudioContext],
  [() => _("requests (fetch)"), () => window.fetch],
  [() => _("giving up a request (AbortController)"), () => window.AbortController],
  [() => _("checksums (crypto.subtle)"), () => window.crypto?.subtle?.digest],
  [() => _("random numbers (crypto.getRandomValues)"), () => window.crypto?.getRandomValues],
  [() => _("reading what was recorded (Blob.arrayBuffer)"), () => Blob.prototype.arrayBuffer],
  [() => _("the end of a list (Array.at)"), () => Array.prototype.at],
];

/** The names of what this browser lacks; empty where the room will work. */
export function missingFeatures() {
  return NEEDED.filter(([, isThere]) => !isThere()).map(([name]) => name());
}
