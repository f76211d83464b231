// The interview is over at the server: what this browser still keeps of it is of use to nobody any more, and is deleted.

import { Store } from "../upload/piece_store.js";

const { over: interviewId } = document.querySelector("[data-over]").dataset;
const store = await Store.open(() => {});
for (const { answer_id } of await store.jobs(interviewId)) await store.forget(answer_id);
