// Plain JavaScript, like the thread that imports it (`worker.mjs`).
import { StringDecoder } from "node:string_decoder";
import { parentPort } from "node:worker_threads";

/** How long something that the parent need not know at once waits for more of it, in milliseconds. */
const gatheringMs = 10;

/** @type {{ stream: "stdout" | "stderr", text: string }[]} What was written since the last message to the parent. */
let output = [];

/** @type {number[]} How many milliseconds each request to the HTTP API has taken since then. */
let served = [];

let isGathering = false;

/** Sends a message to the parent, with everything that has gathered. */
export function post(message) {
  parentPort.postMessage({ ...message, output, served });
  output = [];
  served = [];
}

/** @param {number} ms how long a request to the HTTP API has taken. */
export function noteServed(ms) {
  served.push(ms);
  postSoon();
}

/** Posts what has gathered soon, if no message has taken it by then: each message wakes the parent's thread. */
function postSoon() {
  if (isGathering) return;
  isGathering = true;
  setTimeout(() => {
    isGathering = false;
    postGathered();
  }, gatheringMs);
}

function postGathered() {
  if (output.length > 0 || served.length > 0) post({});
}

/** A thread's own streams would wake both threads for each write, which takes longer than a short call. */
for (const stream of ["stdout", "stderr"]) {
  const decoder = new StringDecoder();
  process[stream].write = (chunk, ...rest) => {
    output.push({ stream, text: typeof chunk === "string" ? chunk : decoder.write(chunk) });
    postSoon();
    const written = rest.at(-1);
    if (typeof written === "function") process.nextTick(written);
    return true;
  };
}
process.on("exit", postGathered);
