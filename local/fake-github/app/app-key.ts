import { generateKeyPair, generateKeyPairSync, type KeyObject } from "node:crypto";
import { promisify } from "node:util";

const size = { modulusLength: 2048 };

let made: KeyObject | undefined;

/** The private key of all Apps of this process, generated at the first call, which takes up to half a second. */
export function appKey(): KeyObject {
  made ??= generateKeyPairSync("rsa", size).privateKey;
  return made;
}

/** Generates the key in another thread, so that the caller can do other work in the meantime. */
export async function prepareAppKey(): Promise<void> {
  if (made) return;
  const { privateKey } = await promisify(generateKeyPair)("rsa", size);
  made ??= privateKey;
}
