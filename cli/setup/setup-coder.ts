import type { Deployment } from "../deployment/deployment.js";
import { CommandError } from "../frame/exit.js";
import type { Terminal } from "../frame/terminal.js";
import { readSecret, writeSecret } from "../operations/secrets.js";
import { type CoderFindings, inspectCoder, TokenRefusedError } from "./coder.js";
import { givenValue, needed } from "./questions.js";

/** The placeholder in a new stack's secret (infra/stack/secrets.ts). */
const placeholder = "put-the-coder-token-here";

/** The stack's Coder token; `undefined` if nobody has stored one yet. */
export async function storedToken(deployment: Deployment): Promise<string | undefined> {
  const token = (await readSecret(deployment, "CoderTokenSecretArn")).trim();
  return token === "" || token === placeholder ? undefined : token;
}

/** Checks the known token with Coder. If there is none that Coder accepts, asks for one. */
export async function checkCoder(
  terminal: Terminal,
  url: string,
  known: string | undefined,
): Promise<{ token: string; findings: CoderFindings }> {
  const organization = givenValue("CODER_ORGANIZATION") ?? "default";
  const inspect = (token: string) => terminal.during("Asking Coder", inspectCoder(url, token, organization));
  let token = known ?? (await askForToken(terminal));
  const findings = await inspect(token).catch(async (error: unknown) => {
    if (known === undefined || !(error instanceof TokenRefusedError)) throw error;
    terminal.note("! Coder rejects the relay's token, so it needs a new one");
    token = await askForToken(terminal);
    return inspect(token);
  });
  const apis = [findings.hasTasks && "Tasks", findings.hasChats && "Chats"].filter(Boolean);
  if (apis.length === 0) {
    throw new CommandError(
      "failed",
      `Coder ${findings.version} at ${url} has neither Tasks nor Chats. docs/deploy.md says which versions have them, and how to turn them on.`,
    );
  }
  terminal.note(
    `✓ Coder ${findings.version} at ${url} with ${apis.join(" and ")}; the token belongs to ${findings.user}${findings.isOwner ? ", a site Owner" : ""}`,
  );
  if (!findings.isOwner && findings.hasTasks) {
    terminal.note(`! Tasks need the token of a site Owner, and ${findings.user} is not one`);
  }
  return { token, findings };
}

function askForToken(terminal: Terminal): Promise<string> {
  return needed(terminal, {
    variable: "CODER_TOKEN",
    question: "Coder API token (docs/deploy.md says whose)",
    isSecret: true,
  });
}

/** Stores the token where the relay reads it, unless it is already there. */
export async function keepToken(deployment: Deployment, token: string): Promise<void> {
  if ((await storedToken(deployment)) !== token) await writeSecret(deployment, "CoderTokenSecretArn", token);
}
