// The interview room as a table: its states, the events that can come, and the state that follows each event. It is
// pure data and one function. room.js keeps the current state and changes it only by an event; room_view.js shows it.

/** @typedef {"" | "loading" | "waiting" | "elsewhere" | "trouble" | "ready" | "asking" | "shown" | "thinking" |
 *   "starting" | "recording" | "stopping" | "review" | "interrupted" | "kept" | "finish"} RoomState */

/** @typedef {"opened" | "other_device_sends" | "taken_over" | "seat_lost" | "failed" | "question_announced" |
 *   "prompt_asked" | "prompt_shown" | "think_time_over" | "start_asked" | "recording_began" | "recording_ended" |
 *   "review_opened" | "cut_off" | "answer_found" | "all_answered"} RoomEvent */

export const AT_FIRST = ""; // the page is here, and its script begins

// A question comes up: it is announced, its time to think runs, or this time is over.
const QUESTION_COMES = /** @type {const} */ ({
  question_announced: "ready",
  prompt_shown: "thinking",
  think_time_over: "shown",
});
const ARRIVAL = /** @type {const} */ ({
  other_device_sends: "waiting",
  ...QUESTION_COMES,
  cut_off: "interrupted",
  answer_found: "kept",
  all_answered: "finish",
});
// After an answer: go on, record again, or continue it.
const AFTER_AN_ANSWER = /** @type {const} */ ({ ...QUESTION_COMES, start_asked: "starting", all_answered: "finish" });
const AT_ANY_TIME = /** @type {const} */ ({ failed: "trouble", seat_lost: "elsewhere" });

/**
 * For each state the events that may come, and the state that follows. `null`: the event may come and changes nothing.
 * @type {Readonly<Record<RoomState, Readonly<Partial<Record<RoomEvent, RoomState | null>>>>>}
 */
export const TRANSITIONS = {
  "": { opened: "loading" },
  loading: ARRIVAL,
  waiting: ARRIVAL, // another device may still send what it recorded
  elsewhere: { taken_over: "waiting" }, // another tab or device has the interview
  trouble: {}, // only a reload leads on
  ready: { prompt_asked: "asking" }, // the next question is announced
  asking: {
    ...QUESTION_COMES, // announced: an earlier question has no answer and is asked again
    start_asked: "starting", // the question has no time to think
    prompt_asked: null, // the button was pressed twice
  },
  shown: { start_asked: "starting" }, // the prompt is shown, and the time to think is over
  thinking: { start_asked: "starting" },
  starting: {
    recording_began: "recording",
    start_asked: null, // the countdown may end while the candidate presses the button
  },
  recording: {
    recording_began: "recording", // a turned device continues in a further part
    recording_ended: "stopping",
  },
  stopping: { review_opened: "review", cut_off: "interrupted" },
  review: AFTER_AN_ANSWER,
  interrupted: { ...AFTER_AN_ANSWER, answer_found: "kept" }, // nothing of the last part arrived: the one before counts
  kept: AFTER_AN_ANSWER, // an earlier answer is found after a reload
  finish: { prompt_shown: "thinking", start_asked: "starting" }, // a question is recorded again
};

/**
 * The state that follows when this event comes in this state: `null` where the event changes nothing, `undefined` where
 * it must not come.
 * @param {RoomState} state
 * @param {RoomEvent} event
 * @returns {RoomState | null | undefined}
 */
export function next(state, event) {
  const known = TRANSITIONS[state][event];
  return known === undefined ? AT_ANY_TIME[/** @type {keyof typeof AT_ANY_TIME} */ (event)] : known;
}
