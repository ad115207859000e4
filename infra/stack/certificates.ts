import { X509Certificate } from "node:crypto";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fault, SettingsError } from "../definition/settings.js";

/** The name of the file in its folder. */
export const certificateFile = "extra-ca-certs.pem";

const certificate = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/**
 * Creates a folder that contains only the certificates of a PEM file, so a key in the same file is never uploaded to AWS.
 *
 * @throws {SettingsError} if the file can't be read, or holds no certificate or a broken one.
 */
export function folderOfCertificates(path: string): string {
  const refuse = (wrong: string) =>
    new SettingsError(fault("NODE_EXTRA_CA_CERTS", `names ${path}, which ${wrong}`));
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    throw refuse(`can't be read (${(error as NodeJS.ErrnoException).code})`);
  }
  const certificates = text.match(certificate) ?? [];
  if (certificates.length === 0) throw refuse("holds no PEM certificate");
  for (const [index, pem] of certificates.entries()) {
    try {
      new X509Certificate(pem);
    } catch {
      throw refuse(`holds a broken certificate, number ${index + 1}`);
    }
  }
  const folder = mkdtempSync(join(tmpdir(), "ca-certificates-"));
  writeFileSync(join(folder, certificateFile), `${certificates.join("\n")}\n`);
  return folder;
}
