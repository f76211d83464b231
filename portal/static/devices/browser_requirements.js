// What a browser must offer so that the room can record and send: each thing with a name that a person can look up.
// Knows no page. What makes the room better and may be missing (the screen's wake lock, say) is not in it.

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
export function missing() {
  return Object.keys(NEEDED).filter((name) => !NEEDED[name]());
}
