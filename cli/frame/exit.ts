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
  /** Not confirmed: the answer was no, or nobody could be asked and `--yes` was missing. */
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

/** The end of the Lambdas' errors that a state machine retries. */
const retried = / It is retried\.$/;

/** An error as text: its name, which identifies a refusal by AWS, GitHub or Coder, and its message. */
export function wordsOf(error: unknown): string {
  const { name, message } = error instanceof Error ? error : new Error(String(error));
  return `${name}: ${message.replace(retried, " Try again.")}`;
}
