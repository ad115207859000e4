// Plain JavaScript, like the thread that imports it (`worker.mjs`).
import { noteServed, post } from "./outbox.mjs";

/**
 * The thread's part of an ingress (`ingress.ts`).
 *
 * @typedef {object} Listening
 * @property {string} module the URL of the module that exports `HttpApi`.
 * @property {string} functionName
 * @property {number} timeoutMs of the function.
 * @property {number | undefined} port
 * @property {Int32Array} load how many calls of flows are running or waiting.
 * @property {number} most how many calls of flows may run at once.
 */

let api;
/** How many requests are being answered that were let in without asking the parent. */
let inside = 0;
/** The function that lets each waiting request in, by the request's number. @type {Map<number, () => void>} */
const waiting = new Map();
let lastNumber = 0;

process.on("exit", () => api?.fail());

/**
 * @param {Listening} options
 * @param {(functionName: string, event: object, timeoutMs: number) => Promise<unknown>} call
 */
export async function listen({ module, port, load, most, functionName, timeoutMs }, call) {
  const invoke = async (event) => {
    const leave = load[0] + inside < most ? enterAtOnce() : await enterInTurn();
    const startedAt = performance.now();
    try {
      return await call(functionName, event, timeoutMs);
    } finally {
      noteServed(performance.now() - startedAt);
      leave();
    }
  };
  try {
    const { HttpApi } = await import(module);
    api = await HttpApi.start({ invoke, port });
    post({ ingress: { listening: api.url } });
  } catch ({ code, message }) {
    post({ ingress: { refused: { code, message } } });
  }
}

/** @param {number} number of the request that the parent lets in. */
export function enter(number) {
  waiting.get(number)?.();
  waiting.delete(number);
}

export async function hangUp() {
  await api?.close();
  api = undefined;
}

/** Returns a function to call when the request is over. */
function enterAtOnce() {
  inside += 1;
  return leave;
}

function leave() {
  inside -= 1;
}

async function enterInTurn() {
  lastNumber += 1;
  const number = lastNumber;
  await new Promise((resolve) => {
    waiting.set(number, resolve);
    post({ ingress: { waits: number } });
  });
  return () => post({ ingress: { left: number } });
}
