// The states of the interview room and the changes between them that can happen. The page keeps the current state in
// the attribute data-state, and its parts name the states in which they are shown.

const AFTER_ARRIVAL = ["ready", "shown", "thinking", "interrupted", "kept", "finish"];
const AFTER_AN_ANSWER = ["ready", "shown", "thinking", "starting", "finish"]; // go on, record again, or continue

// Each state with the states that may follow it.
const NEXT = {
  "": ["loading"],
  loading: ["waiting", ...AFTER_ARRIVAL],
  waiting: ["waiting", ...AFTER_ARRIVAL], // another device may still send what it recorded
  elsewhere: ["waiting"], // another tab or device has the interview
  trouble: [], // only a reload leads on
  ready: ["asking"], // the next question is announced
  asking: ["ready", "shown", "thinking", "starting"], // the page asks the server for the prompt
  shown: ["starting"], // the prompt is shown, and the time to think is over
  thinking: ["starting"],
  starting: ["recording"],
  recording: ["recording", "stopping"], // recording again: a turned device continues in a further part
  stopping: ["review", "interrupted"],
  review: AFTER_AN_ANSWER,
  interrupted: ["kept", ...AFTER_AN_ANSWER],
  kept: AFTER_AN_ANSWER, // an earlier answer is found after a reload
  finish: ["thinking", "starting"], // a question is recorded again
};
const AT_ANY_TIME = new Set(["trouble", "elsewhere"]); // an error, or the loss of the seat

/** Whether the room may go from one state to the other. */
export function isKnownChange(from, to) {
  return AT_ANY_TIME.has(to) || Boolean(NEXT[from]?.includes(to));
}
