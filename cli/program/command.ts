import { Command, type CommandUnknownOpts, Option } from "@commander-js/extra-typings";
import { checkedRegion, matching } from "../frame/matching.js";

/** The stack's name if neither `--stack` nor the setting is given. */
const defaultStack = "coder-task-relay";

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_CreateStack.html */
const stackName = /^[a-zA-Z][-a-zA-Z0-9]{0,127}$/;

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
  return new Command(name)
    .summary(summary)
    .description(details === undefined ? `${summary}.` : `${summary}. ${details}`)
    .option("--json", "print JSON")
    .option("--local", "use the system that npm start runs on this machine, not a stack in AWS")
    .addOption(stackOption())
    .option(
      "--region <region>",
      "the stack's AWS region; default: AWS_REGION, or the region of the AWS profile",
      checkedRegion,
    )
    .addHelpText("after", `\n${asExamples(examples)}`);
}

/** `--stack`, or else the environment's STACK_NAME. */
function stackOption() {
  const option = new Option("--stack <name>", "the stack in AWS")
    .argParser(checkedStackName)
    .default(defaultStack);
  // A blank setting counts as not set.
  return process.env.STACK_NAME?.trim() === "" ? option : option.env("STACK_NAME");
}

const checkedStackName = matching(
  stackName,
  "a stack's name: at most 128 letters, digits and hyphens, with a letter first, such as coder-task-relay",
);

/** A command that only contains others, such as `rotate webhook-secret`. Used alone, it lists them. */
export function commandGroup(
  name: string,
  { summary, details, examples }: Required<About>,
  commands: readonly CommandUnknownOpts[],
) {
  const names = commands.map((command) => command.name());
  const group = new Command(name)
    .summary(summary)
    .description(`${summary}. ${details}`)
    .usage("<command> [options]")
    .addHelpText(
      "after",
      `\nEach has --json, --local, --stack and --region, and its own --help.\n\n${asExamples(examples)}`,
    )
    .helpCommand(true)
    // Its commands' options come here, too.
    .allowUnknownOption()
    .argument("[command...]")
    .action((args) => {
      const given = args.find((arg) => !arg.startsWith("-"));
      const expected = `Expected ${names.join(" or ")}.`;
      const problem =
        given === undefined
          ? `${name} does nothing by itself. ${expected}`
          : names.includes(given)
            ? `options come last: ${name} ${given} [options]`
            : `unknown command '${given}' of ${name}. ${expected}`;
      group.error(`error: ${problem}`);
    });
  for (const command of commands) group.addCommand(command);
  return group;
}

function asExamples(examples: About["examples"]): string {
  // Without -s, npm prints its own line before the JSON.
  const lines = examples.map((one) => `  $ npm run ${one.includes("--json") ? "-s " : ""}relay -- ${one}`);
  return `Examples:\n${lines.join("\n")}`;
}
