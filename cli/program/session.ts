import { readFileSync } from "node:fs";
import { parseEnv } from "node:util";
import { type Deployment, enter } from "../deployment/deployment.js";
import { CommandError } from "../frame/exit.js";
import type { Terminal } from "../frame/terminal.js";

/** The options of every command that select its deployment. */
export interface Target {
  local?: true | undefined;
  stack: string;
  region?: string | undefined;
}

/** The context of a command. */
export interface Session {
  terminal: Terminal;
  /**
   * Finds the deployment and gives this process its environment (see `enter`).
   *
   * @throws {CommandError} if it can't be reached.
   */
  enter(target: Target): Promise<Deployment>;
}

export function makeSession(terminal: Terminal): Session {
  return {
    terminal,
    async enter(target) {
      const deployment = await terminal.during("Looking for the deployment", find(target));
      enter(deployment);
      return deployment;
    },
  };
}

// The clients are loaded only by the commands that need them.
async function find({ local, stack, region }: Target): Promise<Deployment> {
  if (local) {
    if (region !== undefined) throw new CommandError("usage", "--local has no region; leave out --region.");
    return (await import("../deployment/connection.js")).findLocal(localFolder());
  }
  if (region !== undefined) process.env.AWS_REGION = region;
  return (await import("../deployment/stack.js")).findStack(stack);
}

/** `npm start` keeps its files in this folder. It also reads the variable from `.env`. */
function localFolder(): string {
  return process.env.LOCAL_STATE_DIR || fromDotEnv().LOCAL_STATE_DIR || ".relay";
}

function fromDotEnv(): NodeJS.Dict<string> {
  try {
    return parseEnv(readFileSync(".env", "utf8"));
  } catch {
    return {};
  }
}
