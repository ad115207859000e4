import { generateKeyPair, generateKeyPairSync, type KeyObject } from "node:crypto";
import { promisify } from "node:util";

const size = { modulusLength: 2048 };

/** Of the process, because test files share one, and each of them loads this module anew. */
const shared: { [key: symbol]: KeyObject | undefined } = globalThis;
const name = Symbol.for("coder-task-relay.app-key");

/** The private key of all Apps of this process, generated at the first call, which takes up to half a second. */
export function appKey(): KeyObject {
  shared[name] ??= generateKeyPairSync("rsa", size).privateKey;
  return shared[name];
}

/** Generates the key in another thread, so that the caller can do other work in the meantime. */
export async function prepareAppKey(): Promise<void> {
  if (shared[name]) return;
  const { privateKey } = await promisify(generateKeyPair)("rsa", size);
  shared[name] ??= privateKey;
}
