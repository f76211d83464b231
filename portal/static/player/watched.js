// Tells the portal how many seconds of the film were really played on this page, for the audit log. Seeking does not
// count. What does not arrive is lost: watching never waits for it.

const TELL_EVERY_S = 30;
const JUMP_S = 2; // a longer step between two of the video's own reports is a seek

/**
 * @param {HTMLVideoElement} video
 * @param {string} address
 * @param {string} csrf
 */
export function tellWatched(video, address, csrf) {
  let watchedS = 0;
  let lastS = video.currentTime;

  function tell() {
    const seconds = Math.floor(watchedS);
    if (seconds < 1) return;
    watchedS -= seconds;
    const body = new URLSearchParams({ seconds: String(seconds), csrf_token: csrf });
    fetch(address, { method: "POST", body, keepalive: true }).catch(() => {
      watchedS += seconds; // told again with the next seconds
    });
  }

  video.addEventListener("timeupdate", () => {
    const stepS = video.currentTime - lastS;
    lastS = video.currentTime;
    if (!video.seeking && stepS > 0 && stepS < JUMP_S) watchedS += stepS;
    if (watchedS >= TELL_EVERY_S) tell();
  });
  video.addEventListener("ended", tell);
  window.addEventListener("pagehide", tell);
}
