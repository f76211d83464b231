// Says in words why nothing can be sent or loaded at the moment: what is the cause, as far as it is known, and that
// nothing is lost.

import { Problem, Unintelligible, Unreachable } from "../server/api.js";
import { gettext as _ } from "../site/gettext.js";
import { StorageTrouble } from "../upload/piece_store.js";

const NO_CONNECTION = new Set([502, 503, 504]); // the proxy has no server behind it: for a person, the same as no reply

/**
 * @param {Trouble} error
 * @param {boolean} isRecording
 */
export function obstacleText(error, isRecording) {
  if (error.status === 401) return signedOutText(isRecording);
  if (error.isLasting && !isRecording) {
    return _(
      "This browser's own storage does not give back what it keeps. When all else is saved, reload this page: it " +
        "often does then.",
    );
  }
  const waiting = _("What you recorded is kept, and this page goes on by itself.");
  return `${causeOf(error)} ${isRecording ? _("Keep talking: we keep it here and save it later.") : waiting}`;
}

/** @param {Trouble} error */
function causeOf(error) {
  const status = error.status ?? error.foreignStatus ?? 0;
  if (error.status === 507) return _("The server is out of space.");
  if (status === 429) return _("The server asks us to wait a little.");
  if (error instanceof StorageTrouble) {
    return _("This browser's own storage does not answer; please leave this page open.");
  }
  if (NO_CONNECTION.has(status)) return _("No connection.");
  if (error instanceof Problem || status >= 500) return _("The server has trouble right now.");
  if (error instanceof Unintelligible) {
    return _("Your network answers in the server's place, perhaps with a page of its own.");
  }
  if (error.isTimeout) return _("Your connection is slow: a request took too long.");
  return error instanceof Unreachable ? _("No connection.") : _("Something failed in this page; it tries again.");
}

/** @param {boolean} isRecording */
function signedOutText(isRecording) {
  const kept = isRecording ? _("Keep talking: what you say is kept.") : _("What you recorded is kept.");
  return `${_("You are signed out.")} ${kept} ${_("Sign in again in another tab, then this page goes on.")}`;
}
