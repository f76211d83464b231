// What the room does when another tab or device wants the interview, has it, or had it before; and when the interview
// cannot continue at all.

import { gettext as _ } from "../site/gettext.js";

/** @import { Room } from "./room.js" */

export class OtherTabs {
  /** @param {Room} room */
  constructor(room) {
    this.room = room;
  }

  showWaiting() {
    this.room.happens("other_device_sends", _("Waiting for the other device to send what it has."));
  }

  async takeOver() {
    const { room } = this;
    room.happens("taken_over", _("Waiting for the other device to send what it has."));
    await room.untilReached(() => room.seat.claim(true));
    await room.seat.askOthersToRelease();
    location.reload(); // the page then finds the right question, as after every reload
  }

  async seatLost() {
    const { room } = this;
    const ended = await this.#end();
    if (ended && !ended.isEmpty) room.notes.write({ interrupted: ended.answerId });
    room.happens("seat_lost", _("This interview was opened in another tab."));
  }

  /**
   * The application was withdrawn or decided: nothing more is recorded, whatever the page shows now.
   * @param {Error} error
   */
  async stopped(error) {
    await this.#end();
    throw Object.assign(error, { advice: _("What was recorded before that is kept as long as you were told.") });
  }

  /** End a recording and let the devices go. Resolves to how the recording ended, or to null where none ran. */
  async #end() {
    const { room } = this;
    room.isOver = true;
    const ended = await room.recordingEnd.stop();
    room.countdown?.stop();
    void room.source.close();
    return ended;
  }
}
