import { CommandError } from "../frame/exit.js";
import type { Terminal } from "../frame/terminal.js";

const timeoutMs = 10_000;
const other =
  "Create a user account for the agent (docs/github-app-setup.md), or correct AGENT_GITHUB_USERNAME.";

/**
 * Checks without credentials that GitHub has the agent's user, because there is no App yet. If the server doesn't answer
 * anonymous requests (Enterprise Server in private mode, a rate limit), prints a note; the user is checked again with the
 * App.
 */
export async function checkAgentUser(terminal: Terminal, api: string, login: string): Promise<void> {
  const response = await terminal.during("Asking GitHub for the agent's user", ask(api, login));
  if (response?.status === 404) throw new CommandError("failed", `GitHub has no user ${login}. ${other}`);
  if (!response?.ok)
    return terminal.note(`! The user ${login} is not checked yet: GitHub didn't answer without credentials`);
  const { type } = (await response.json()) as { type?: string };
  if (type !== "User") {
    throw new CommandError(
      "failed",
      `${login} is not a user but a ${type}, which GitHub can't assign. ${other}`,
    );
  }
  terminal.note(`✓ GitHub user ${login}`);
}

/** `undefined` if GitHub can't be reached from here. */
async function ask(api: string, login: string): Promise<Response | undefined> {
  const url = `${api.replace(/\/+$/, "")}/users/${encodeURIComponent(login)}`;
  return fetch(url, {
    headers: { accept: "application/vnd.github+json" },
    signal: AbortSignal.timeout(timeoutMs),
  }).catch(() => undefined);
}
