// Asks again and again until the server can be reached and knows us. For what nothing can go on without.

import { isPassing } from "./api.js";

const ASK_AGAIN_MS = 2_000;

/** Repeat a request until it is answered; refusals are thrown. `onObstacle(error)` hears what is in the way, then null. */
export async function untilReached(ask, onObstacle) {
  for (;;) {
    try {
      const answer = await ask();
      onObstacle(null);
      return answer;
    } catch (error) {
      if (!isPassing(error) && error.status !== 401) throw error;
      onObstacle(error);
      await new Promise((resolve) => setTimeout(resolve, ASK_AGAIN_MS));
    }
  }
}
