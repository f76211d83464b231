// Lets the candidate watch a recorded answer: all its parts, from the server, once the server has all of them. Until
// then the page says that the answer is being sent, and the candidate need not wait for it.

import { elementIn } from "../page/elements.js";
import { gettext as _ } from "../site/gettext.js";
import { answerStatus } from "./answer_status.js";
import { Playback } from "./playback.js";
import { newestTake } from "./takes.js";

/** @import { Upload } from "../upload/upload.js" */
/** @import { Room } from "./room.js" */

const LOAD_AGAIN_MS = 3_000; // the first wait; each further one is twice as long
const LOADS = 5; // within a minute and a half; a later try would hardly succeed

export class AnswerReview {
  /** @param {Room} room */
  constructor(room) {
    this.room = room;
    this.turn = 0; // counts what was opened: a late reply for an earlier one is ignored
    this.failures = 0;
    /** @type {(number: number, of: number) => void} */
    const onPart = (number, of) => room.view.playing(number, of);
    /** @param {MediaError | null} error */
    const onFailed = (error) => this.#again(error);
    this.playback = new Playback(elementIn(room.root, "[data-playback]", HTMLVideoElement), { onPart, onFailed });
  }

  /**
   * Show the newest take of this question once the server has as much of it as it will ever get.
   * @param {Question} question
   */
  async open(question) {
    this.clear();
    this.failures = 0;
    const { turn } = this;
    const { uploader, view, api } = this.room;
    view.notPlaying(_("Your answer can be played here as soon as all of it is saved. You need not wait for that."));
    await uploader.whenSettled(newestTake(question).map(({ answer_id }) => answer_id));
    if (turn !== this.turn) return;
    const there = newestTake(question).filter(({ answer_id }) => !hasFailed(uploader.uploads, answer_id));
    this.playback.load(there.map(({ answer_id }) => `${api.base}/answers/${answer_id}/playback`));
    if (!there.length) view.notPlaying(nothingToPlay(answerStatus(question, uploader.uploads).why));
  }

  clear() {
    this.turn += 1;
    this.playback.clear();
  }

  /** @param {MediaError | null} error */
  #again(error) {
    const { turn, playback, room } = this;
    const { parts } = playback;
    const isDamaged = error?.code === MediaError.MEDIA_ERR_DECODE;
    if (isDamaged || this.failures >= LOADS) {
      return room.view.notPlaying(_("This browser cannot play it. It is saved all the same."));
    }
    room.view.notPlaying(_("It could not be loaded. We try again."));
    setTimeout(() => turn === this.turn && playback.load(parts), LOAD_AGAIN_MS * 2 ** this.failures);
    this.failures += 1;
  }
}

/** @param {string} why */
function nothingToPlay(why) {
  return `${_("There is nothing to play.")} ${why}`;
}

/**
 * @param {Upload[]} uploads
 * @param {string} answerId
 */
function hasFailed(uploads, answerId) {
  return uploads.some((upload) => upload.answer_id === answerId && upload.failure);
}
