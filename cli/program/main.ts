import { Command, CommanderError, type CommandUnknownOpts } from "@commander-js/extra-typings";
import { CommandError, type Exit, exitCodes, wordsOf } from "../frame/exit.js";
import { type Streams, Terminal } from "../frame/terminal.js";
import { makeSession, type Session } from "./session.js";

/** Creates one command of the program. */
export type CommandMaker = (session: Session) => CommandUnknownOpts;

const description =
  "Sets up, checks and operates coder-task-relay, in AWS (with the AWS credentials of this shell) or on this machine (--local).";

/** Runs a command line and returns the exit code. `args` is what follows the program's name. */
export async function main(
  args: readonly string[],
  makers: readonly CommandMaker[],
  streams: Streams,
): Promise<number> {
  const terminal = new Terminal(streams, { json: args.includes("--json"), env: process.env });
  const program = new Command("npm run relay --")
    .description(description)
    .usage("<command> [options]")
    .exitOverride()
    .configureOutput({
      writeOut: (text) => streams.stdout.write(text),
      writeErr: (text) => streams.stderr.write(text),
      outputError: (text, write) => !terminal.json && write(text),
    });
  const session = makeSession(terminal);
  for (const make of makers) {
    const command = make(session);
    // `addCommand` alone doesn't pass them on.
    for (const each of [command, ...command.commands]) each.copyInheritedSettings(program);
    program.addCommand(command);
  }
  if (!terminal.json) for (const each of withCommands(program)) each.showHelpAfterError(hintOn(each));
  try {
    await program.parseAsync(helpAsOption(program, args), { from: "user" });
    return exitCodes.done;
  } catch (error) {
    return report(error, terminal);
  }
}

/** A command and all commands in it. */
function withCommands(command: CommandUnknownOpts): CommandUnknownOpts[] {
  return [command, ...command.commands.flatMap(withCommands)];
}

/** The expected usage, and where to read more. */
function hintOn(command: CommandUnknownOpts): string {
  const what = command.registeredArguments.flatMap((argument) =>
    argument.description ? [`  ${argument.name()}: ${argument.description}`] : [],
  );
  const more = command.parent ? "Add --help for the options and examples." : "Add --help for the commands.";
  return [`Usage: ${command.createHelp().commandUsage(command)}`, ...what, more].join("\n");
}

/**
 * `help status` means `status --help`. For an unknown command, Commander would print nothing, or with `--help` the help of
 * the program.
 */
function helpAsOption(program: CommandUnknownOpts, args: readonly string[]): readonly string[] {
  const [help = "", ...names] = args;
  const isCommand = program.commands.some((one) => one.name() === help);
  if (help !== "help") return isCommand || help.startsWith("-") || help === "" ? args : [help];
  let command = program;
  for (const name of names) {
    const next = command.commands.find((one) => one.name() === name);
    if (!next && command.commands.length > 0) return names;
    command = next ?? command;
  }
  return [...names, "--help"];
}

/** Prints the error on stderr and returns the exit code. */
function report(error: unknown, terminal: Terminal): number {
  const exit = exitOf(error);
  if (exit === "done") return exitCodes.done;
  const { name, message } = error instanceof Error ? error : new Error(String(error));
  if (terminal.json) terminal.note(JSON.stringify({ error: { name, message, exit } }));
  else if (error instanceof CommandError) terminal.note(message);
  // Commander has already printed its own errors.
  else if (exit === "failed") terminal.note(wordsOf(error));
  return exitCodes[exit];
}

function exitOf(error: unknown): Exit {
  if (error instanceof CommandError) return error.exit;
  // Printing requested help is not an error.
  if (error instanceof CommanderError) return error.exitCode === 0 ? "done" : "usage";
  return "failed";
}
