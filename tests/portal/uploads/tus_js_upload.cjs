// What tus-js-client does with an upload, on request of tests/portal/uploads/test_tus_client.py: one step of a story
// for each call.
//   node tus_js_upload.cjs STEP '{"endpoint", "url", "token", "file", "chunk", "stopAt", "deferred", "stream", "override"}'
// Prints what came of it as one line of JSON. Knows nothing of the portal beyond its address and a token.

const fs = require("node:fs");
const { PassThrough } = require("node:stream");
const { Upload } = require("tus-js-client");

const [step, text] = process.argv.slice(2);
const wish = JSON.parse(text);
const said = { requests: [] };

function say(outcome) {
  console.log(JSON.stringify({ ...said, ...outcome }));
  process.exit(0); // an aborted request may keep Node alive
}

function note(request, response) {
  said.requests.push([request.getMethod(), request.getHeader("X-HTTP-Method-Override") ?? "", response.getStatus()]);
}

/** A stream has no length beforehand, as a recording has none; the client cannot begin in the middle of one. */
function source() {
  return wish.stream ? fs.createReadStream(wish.file).pipe(new PassThrough()) : fs.readFileSync(wish.file);
}

/**
 * `send` sends all (or the rest, where `url` says of what), `pause` stops after `stopAt` bytes were taken, `abort` also
 * takes the upload back, `pause_and_go_on` stops and starts once more.
 */
function run() {
  const upload = new Upload(source(), {
    endpoint: wish.endpoint,
    uploadUrl: wish.url ?? null,
    headers: { Authorization: `Bearer ${wish.token}` },
    chunkSize: wish.chunk,
    uploadLengthDeferred: wish.deferred ?? false,
    overridePatchMethod: wish.override ?? false,
    retryDelays: null,
    storeFingerprintForResuming: false,
    onAfterResponse: note,
    onError: (error) => say({ error: error.message, url: upload.url }),
    onSuccess: () => say({ done: true, url: upload.url }),
    onChunkComplete: (_, taken) => {
      if (wish.stopAt !== undefined && taken >= wish.stopAt) stop(upload, taken);
    },
  });
  upload.start();
}

async function stop(upload, taken) {
  delete wish.stopAt;
  await upload.abort(step === "abort");
  if (step === "pause_and_go_on") upload.start();
  else say({ taken, url: upload.url });
}

run();
