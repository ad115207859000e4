import { readFileSync } from "node:fs";
import { asPkcs8 } from "../../lambdas/github/private-key.js";
import { CommandError } from "../frame/exit.js";

/**
 * The private key in the file of `--key-file`, in PKCS#8.
 *
 * @throws {CommandError} if the file can't be read or holds no private key.
 */
export function readKeyFile(path: string): string {
  const refuse = (wrong: string) =>
    new CommandError(
      "usage",
      `--key-file ${path} ${wrong}; expected the whole .pem file that GitHub gave you.`,
    );
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch {
    throw refuse("can't be read");
  }
  try {
    return asPkcs8(text);
  } catch {
    throw refuse("contains no private key in PEM");
  }
}
