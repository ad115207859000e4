import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { commands } from "../../cli/commands/commands.js";
import { type CommandMaker, main } from "../../cli/program/main.js";
import { writeConnection } from "../../local/system/connection.js";
import type { LocalSystem } from "../../local/system/system.js";

/** The output of a command, and its exit code. */
export interface Run {
  code: number;
  out: string;
  err: string;
  /** stdout as JSON. */
  json: () => unknown;
}

export interface RunOptions {
  /** The input typed into a terminal. Default: there is no terminal. */
  typed?: string;
  commands?: readonly CommandMaker[];
}

/** Runs a command line of `npm run relay --` in this process. */
export async function relay(
  args: readonly string[],
  { typed, commands: makers = commands }: RunOptions = {},
): Promise<Run> {
  const isTTY = typed !== undefined;
  const [stdout, stderr] = [written(isTTY), written(isTTY)];
  const stdin = Object.assign(new PassThrough(), { isTTY });
  stdin.end(typed);
  const code = await main(args, makers, { stdin, stdout: stdout.stream, stderr: stderr.stream });
  return {
    code,
    out: stdout.text(),
    err: stderr.text(),
    json: () => JSON.parse(stdout.text()),
  };
}

/** Makes `--local` refer to this system. */
export function connect(system: LocalSystem): void {
  const folder = mkdtempSync(join(tmpdir(), "relay-cli-"));
  writeConnection(system, folder);
  process.env.LOCAL_STATE_DIR = folder;
}

function written(isTTY: boolean) {
  const stream = Object.assign(new PassThrough(), { isTTY });
  const chunks: Buffer[] = [];
  stream.on("data", (chunk: Buffer) => chunks.push(chunk));
  return { stream, text: () => Buffer.concat(chunks).toString("utf8") };
}
