// Repeats a request until the server can be reached and the candidate is signed in.

import { isPassing } from "./api.js";

const ASK_AGAIN_MS = 2_000;

/**
 * Throws when the server refuses. `onObstacle(error)` is called with each error that passes, and with null at the end.
 * @template T
 * @param {() => Promise<T>} ask
 * @param {(error: Trouble | null) => void} onObstacle
 * @returns {Promise<T>}
 */
export async function untilReached(ask, onObstacle) {
  for (;;) {
    try {
      const reply = await ask();
      onObstacle(null);
      return reply;
    } catch (error) {
      if (!isPassing(error) && error.status !== 401) throw error;
      onObstacle(error);
      await new Promise((resolve) => setTimeout(resolve, ASK_AGAIN_MS));
    }
  }
}
