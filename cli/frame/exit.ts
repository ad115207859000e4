/** The exit codes of `npm run relay`, for scripts. docs/cli.md lists them. */
export const exitCodes = {
  done: 0,
  /** Something refused or failed: AWS, GitHub, Coder, or the program itself. */
  failed: 1,
  /** The command line is wrong. */
  usage: 2,
  /** No such stack, no running local system, or no credentials. */
  unreachable: 3,
  /** The deployment has no such work, execution or delivery. */
  notFound: 4,
  /** Not confirmed: somebody said no, or nobody could be asked and `--yes` was missing. */
  declined: 5,
  /** `doctor` has found faults. */
  faults: 6,
} as const;

export type Exit = keyof typeof exitCodes;

/** Ends the command with a message that says what is wrong and what to do. */
export class CommandError extends Error {
  override readonly name = "CommandError";

  constructor(
    readonly exit: Exit,
    message: string,
  ) {
    super(message);
  }
}

/** What the Lambdas' errors say of a state machine that tries again. */
const retried = / (It is retried( later)?|It is tried again by itself|The relay retries)\.$/;

/** An error in words: its name, by which a refusal of AWS, GitHub or Coder is known, and its message. */
export function wordsOf(error: unknown): string {
  const { name, message } = error instanceof Error ? error : new Error(String(error));
  return `${name}: ${message.replace(retried, " Try again.")}`;
}
