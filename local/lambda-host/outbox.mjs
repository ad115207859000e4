// Plain JavaScript, like the thread that imports it (`worker.mjs`).
import { StringDecoder } from "node:string_decoder";
import { parentPort } from "node:worker_threads";

/** How long output and times are collected before they are posted, in milliseconds. */
const gatheringMs = 10;

/** @type {{ stream: "stdout" | "stderr", text: string }[]} The output since the last message to the parent. */
let output = [];

/** @type {number[]} How many milliseconds each request to the HTTP API took since then. */
let served = [];

let isGathering = false;

/** Sends a message to the parent, with everything that was collected. */
export function post(message) {
  parentPort.postMessage({ ...message, output, served });
  output = [];
  served = [];
}

/** @param {number} ms how long a request to the HTTP API took. */
export function noteServed(ms) {
  served.push(ms);
  postSoon();
}

/**
 * Soon posts the collected output and times, unless another message carries them first. Each message wakes the parent's
 * thread.
 */
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

/** Replaces the thread's own streams, which would wake both threads for each write. That takes longer than a short call. */
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
