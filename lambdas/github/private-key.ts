import { createPrivateKey } from "node:crypto";

/**
 * GitHub issues PKCS#1 keys; WebCrypto, which signs the App's JWTs, takes PKCS#8. @throws if this is not a private key in
 * PEM.
 */
export function asPkcs8(privateKey: string): string {
  const key = createPrivateKey(privateKey.replaceAll("\\n", "\n").trim());
  return key.export({ type: "pkcs8", format: "pem" }).toString();
}
