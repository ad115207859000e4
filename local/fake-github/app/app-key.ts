import { createPrivateKey, generateKeyPair, generateKeyPairSync, type KeyObject } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { builtOnce } from "../../build/built-once.mjs";

const size = { modulusLength: 2048 };
const file = "key.pem";

/** Global to the process, because several test files run in one process and each loads its own copy of this module. */
const shared: { [key: symbol]: KeyObject | undefined } = globalThis;
const name = Symbol.for("coder-task-relay.app-key");

/** The private key of all Apps of this process, generated at the first call, which takes up to a second. */
export function appKey(): KeyObject {
  shared[name] ??= generateKeyPairSync("rsa", size).privateKey;
  return shared[name];
}

/**
 * Reuses the key that an earlier process stored beside the builds. Generating a new one is the slowest part of a start, and
 * the key is worth nothing outside this machine.
 */
export async function prepareAppKey(): Promise<void> {
  if (shared[name]) return;
  const folder = await builtOnce("app-key", keepNewKey);
  shared[name] ??= createPrivateKey(await readFile(join(folder, file)));
}

async function keepNewKey(folder: string): Promise<void> {
  const { privateKey } = await promisify(generateKeyPair)("rsa", size);
  await writeFile(join(folder, file), privateKey.export({ type: "pkcs8", format: "pem" }), { mode: 0o600 });
}
