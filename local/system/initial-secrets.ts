import { createHash } from "node:crypto";
import type { SecretsManager } from "../aws/secrets-manager/secrets-manager.js";
import type { Section } from "../state/section.js";
import type { Secrets } from "./configuration.js";

/**
 * Puts the configured values into Secrets Manager. A value is put only if it has changed since the last start, so a secret
 * that was rotated in the meantime keeps its new value. The key of the task marks never changes, so that tasks from earlier
 * starts are recognized.
 *
 * @param applied remembers which values have been put.
 */
export function putConfiguredSecrets(
  secrets: Secrets,
  secretsManager: SecretsManager,
  applied: Section | undefined,
): void {
  const before = new Map(applied?.entries);
  for (const [name, value] of Object.entries(secrets)) {
    const fingerprint = createHash("sha256").update(value).digest("hex");
    const isKnown =
      before.get(name) === fingerprint ||
      secretsManager.has(name, value) ||
      (name === "taskMark" && secretsManager.has(name));
    if (!isKnown) secretsManager.put(name, value);
    applied?.put(name, fingerprint);
  }
}
