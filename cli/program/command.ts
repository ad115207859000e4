import { Command } from "@commander-js/extra-typings";

/** The stack's name if neither `--stack` nor the setting says otherwise. */
const defaultStack = "coder-task-relay";

export interface About {
  /** In one sentence, without a full stop. */
  summary: string;
  /** The rest of the help, in whole sentences. */
  details?: string;
  /** Command lines without `npm run relay --`. */
  examples: readonly [string, ...string[]];
}

/** A command of the program, with the options that every command has. */
export function relayCommand(name: string, { summary, details, examples }: About) {
  // Without -s, npm prints a line of its own before the JSON.
  const lines = examples.map((one) => `  $ npm run ${one.includes("--json") ? "-s " : ""}relay -- ${one}`);
  return new Command(name)
    .summary(summary)
    .description(details === undefined ? `${summary}.` : `${summary}. ${details}`)
    .option("--json", "print JSON")
    .option("--local", "the system that npm start runs on this machine, not a stack in AWS")
    .option("--stack <name>", "the stack in AWS; default: STACK_NAME", process.env.STACK_NAME || defaultStack)
    .option("--region <region>", "the stack's AWS region; default: AWS_REGION, or that of the AWS profile")
    .addHelpText("after", `\nExamples:\n${lines.join("\n")}`);
}
