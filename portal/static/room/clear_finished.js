// The interview is finished at the server, so nobody needs what this browser still stores of it: delete it.

import { elementIn } from "../page/elements.js";
import { PieceStore } from "../upload/piece_store.js";

const { over: interviewId = "" } = elementIn(document, "[data-over]").dataset;
const store = await PieceStore.open(() => {});
for (const { answer_id } of await store.uploads(interviewId)) await store.forget(answer_id);
