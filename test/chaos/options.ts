import { parseArgs } from "node:util";
import { type CoderName, coders } from "../../local/demo/agents.js";

const names = Object.keys(coders) as CoderName[];

/** The output of `--help`. */
export const usage = `usage: npm run chaos -- [--seed N] [--minutes M] [--lives L] [--runs R] [--coder ${names.join("|")}]

Lets L issues (50) live at random for M minutes (2), while everything fails at random. The seed decides what happens;
without one, it is random. --runs 20 takes the seeds from N to N + 19, one after the other, and stops at the first that
fails. --coder is the API and the version of the fake Coder (tasks).`;

export interface Options {
  isHelp: boolean;
  seed: number;
  minutes: number;
  lives: number;
  runs: number;
  coder: CoderName;
}

/**
 * Reads the arguments of `npm run chaos`.
 *
 * @throws an `Error` that says what is wrong with them.
 */
export function readOptions(args: string[]): Options {
  const { values } = parseArgs({
    args,
    options: {
      help: { type: "boolean", short: "h", default: false },
      seed: { type: "string", default: String(Math.floor(Math.random() * 1_000_000)) },
      minutes: { type: "string", default: "2" },
      lives: { type: "string", default: "50" },
      runs: { type: "string", default: "1" },
      coder: { type: "string", default: "tasks" satisfies CoderName },
    },
  });
  const coder = names.find((name) => name === values.coder);
  if (!coder) throw new Error(`--coder is "${values.coder}", but must be one of ${names.join(", ")}.`);
  const minutes = Number(values.minutes);
  if (!(minutes > 0 && minutes <= 60)) {
    throw new Error(`--minutes is "${values.minutes}", but must be a number above 0, up to 60.`);
  }
  return {
    isHelp: values.help,
    seed: whole("seed", values.seed, 0, 4_294_967_295),
    minutes,
    lives: whole("lives", values.lives, 1, 1000),
    runs: whole("runs", values.runs, 1, 1000),
    coder,
  };
}

function whole(name: string, text: string, least: number, most: number): number {
  const number = Number(text);
  if (/^\d+$/.test(text) && number >= least && number <= most) return number;
  throw new Error(`--${name} is "${text}", but must be a whole number from ${least} to ${most}.`);
}
