// An answer that was just recorded is looked at again: as the server has it, all parts, and not before. Until then the page
// says that it is on its way; nobody need wait for it.

import { outcomeOf } from "./answer_status.js";
import { Playback } from "./playback.js";
import { newestTake } from "./takes.js";

const LOAD_AGAIN_MS = 3_000; // the first time, then twice as long each time
const LOADS = 5; // in a minute and a half: what cannot be loaded by then hardly can at all
const ON_ITS_WAY = "Your answer can be played here as soon as all of it is saved. You need not wait for that.";
const NOTHING_THERE = "There is nothing to play.";
const NOT_LOADED = "It could not be loaded. We try again.";
const NOT_PLAYABLE = "This browser cannot play it. It is saved all the same.";

export class Review {
  constructor(room) {
    this.room = room;
    this.turn = 0; // of what is looked at: whatever was waited for before is not wanted any more
    const onPart = (number, of) => room.view.playing(number, of);
    this.playback = new Playback(room.root.querySelector("[data-playback]"), { onPart, onFailed: (error) => this.#again(error) });
  }

  /** Show the newest take of this question once it is all at the server, as far as it ever will be. */
  async open(question) {
    this.clear();
    this.failures = 0;
    const { turn } = this;
    const { uploader, view, api } = this.room;
    view.notPlaying(ON_ITS_WAY);
    await uploader.whenSettled(newestTake(question).map(({ answer_id }) => answer_id));
    if (turn !== this.turn) return;
    const there = newestTake(question).filter(({ answer_id }) => !isFailed(uploader.jobs, answer_id));
    this.playback.load(there.map(({ answer_id }) => `${api.base}/answers/${answer_id}/playback`));
    if (!there.length) view.notPlaying(`${NOTHING_THERE} ${outcomeOf(question, uploader.jobs).why}`);
  }

  clear() {
    this.turn += 1;
    this.playback.clear();
  }

  #again(error) {
    const { turn, playback, room } = this;
    const { parts } = playback;
    if (error.code === MediaError.MEDIA_ERR_DECODE || this.failures >= LOADS) return room.view.notPlaying(NOT_PLAYABLE);
    room.view.notPlaying(NOT_LOADED);
    setTimeout(() => turn === this.turn && playback.load(parts), LOAD_AGAIN_MS * 2 ** this.failures);
    this.failures += 1;
  }
}

function isFailed(jobs, answerId) {
  return jobs.some((job) => job.answer_id === answerId && job.failure);
}
