// What a browser must offer so that the room can record and send, each with a name that a person can look up. What only
// improves the room and may be missing (for example the screen's wake lock) is not listed.

/** @type {Record<string, () => unknown>} */
const NEEDED = {
  "a secure page (HTTPS)": () => window.isSecureContext,
  "camera and microphone (getUserMedia)": () => navigator.mediaDevices?.getUserMedia,
  "recording (MediaRecorder)": () => window.MediaRecorder?.isTypeSupported,
  "sound (AudioContext)": () => window.AudioContext,
  "requests (fetch)": () => window.fetch,
  "giving up a request (AbortController)": () => window.AbortController,
  "checksums (crypto.subtle)": () => window.crypto?.subtle?.digest,
  "random numbers (crypto.getRandomValues)": () => window.crypto?.getRandomValues,
  "reading what was recorded (Blob.arrayBuffer)": () => Blob.prototype.arrayBuffer,
  "the end of a list (Array.at)": () => Array.prototype.at,
};

/** The names of what this browser lacks; empty where the room will work. */
export function missingFeatures() {
  return Object.keys(NEEDED).filter((name) => !NEEDED[name]());
}
