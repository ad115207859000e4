import { generateKeyPair, generateKeyPairSync, type KeyObject } from "node:crypto";
import { promisify } from "node:util";

const size = { modulusLength: 2048 };

let made: KeyObject | undefined;

/** The private key of all Apps of this process, made at the first call: that takes up to half a second. */
export function appKey(): KeyObject {
  made ??= generateKeyPairSync("rsa", size).privateKey;
  return made;
}

/** Makes the key in another thread, for a caller that has something else to do meanwhile. */
export async function prepareAppKey(): Promise<void> {
  if (made) return;
  const { privateKey } = await promisify(generateKeyPair)("rsa", size);
  made ??= privateKey;
}
