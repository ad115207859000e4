import { createInterface } from "node:readline/promises";
import { type Readable, Writable } from "node:stream";
import { styleText } from "node:util";
import { CommandError } from "./exit.js";

/** Work that takes longer than this is reported while it runs. */
const patienceMs = 2000;

export interface Streams {
  stdin: Readable & { isTTY?: boolean };
  stdout: Writable & { isTTY?: boolean; columns?: number };
  stderr: Writable & { isTTY?: boolean; columns?: number };
}

export interface TerminalOptions {
  /** Print JSON instead of text on stdout: one value, or one per line for commands that keep running. */
  json: boolean;
  env: Readonly<Record<string, string | undefined>>;
}

export type Style = "red" | "green" | "yellow" | "cyan" | "dim" | "bold";

/** The output and the questions of a command. Results go to stdout, everything else to stderr. */
export class Terminal {
  readonly json: boolean;
  readonly #env: TerminalOptions["env"];

  constructor(
    private readonly streams: Streams,
    { json, env }: TerminalOptions,
  ) {
    this.json = json;
    this.#env = env;
  }

  /** The width of a table on stdout, in characters; unlimited if it isn't a terminal. */
  get width(): number {
    return (this.streams.stdout.isTTY && this.streams.stdout.columns) || Number.POSITIVE_INFINITY;
  }

  /** Prints the result of a command: as JSON with `--json`, otherwise as text. */
  result(data: unknown, text: string): void {
    this.#print(this.json ? JSON.stringify(data, undefined, 2) : text);
  }

  /** Prints one of many results as it arrives; with `--json`, as one line of JSON. */
  line(data: unknown, text: string): void {
    this.#print(this.json ? JSON.stringify(data) : text);
  }

  #print(text: string): void {
    this.streams.stdout.write(`${text}\n`);
  }

  /** Prints a message for people on stderr. */
  note(text: string): void {
    this.streams.stderr.write(`${text}\n`);
  }

  /** Colours the text if stdout is a terminal. https://no-color.org */
  style(style: Style, text: string): string {
    const hasColours = this.streams.stdout.isTTY && !this.json && !this.#env.NO_COLOR;
    return hasColours ? styleText(style, text, { validateStream: false }) : text;
  }

  /** Waits for work. After two seconds, shows on stderr what it is waiting for. */
  async during<T>(what: string, work: Promise<T>): Promise<T> {
    const startedAt = performance.now();
    const { stderr } = this.streams;
    let isShown = false;
    const timer = setInterval(() => {
      const ms = performance.now() - startedAt;
      if (ms < patienceMs) return;
      const line = `${what} … ${Math.round(ms / 1000)} s`;
      // If the terminal wrapped the line, it could not be erased.
      if (stderr.isTTY)
        stderr.write(`\r\u001b[K${line.slice(0, (stderr.columns ?? Number.POSITIVE_INFINITY) - 1)}`);
      else if (!isShown) stderr.write(`${what} …\n`);
      isShown = true;
    }, 500);
    try {
      return await work;
    } finally {
      clearInterval(timer);
      if (isShown && stderr.isTTY) stderr.write("\r\u001b[K");
    }
  }

  /**
   * Says what is about to happen and asks whether to continue, unless `isAgreed` (`--yes`).
   *
   * @throws {CommandError} if the answer is no, or nobody can be asked.
   */
  async confirm(plan: string, isAgreed: boolean | undefined): Promise<void> {
    this.note(plan);
    if (isAgreed) return;
    if (!this.streams.stdin.isTTY) {
      throw new CommandError(
        "declined",
        "Nobody can be asked here, so nothing was changed. Add --yes to agree.",
      );
    }
    const answer = await this.ask("Continue? [y/N] ");
    if (!/^y(es)?$/i.test(answer)) throw new CommandError("declined", "Nothing was changed.");
  }

  /** Whether somebody can be asked. */
  get isInteractive(): boolean {
    return this.streams.stdin.isTTY === true;
  }

  /** The same as `ask`, but the input isn't shown. */
  async askSecret(question: string): Promise<string> {
    const { stdin: input, stderr } = this.streams;
    stderr.write(question);
    const output = new Writable({ write: (_chunk, _encoding, done) => done() });
    const lines = createInterface({ input, output, terminal: input.isTTY === true });
    try {
      return (await lines.question("")).trim();
    } finally {
      lines.close();
      stderr.write("\n");
    }
  }

  /** The answer to a question on the terminal, without surrounding blanks. */
  async ask(question: string): Promise<string> {
    const { stdin: input, stderr: output } = this.streams;
    const lines = createInterface({ input, output, terminal: input.isTTY === true });
    try {
      return (await lines.question(question)).trim();
    } finally {
      lines.close();
    }
  }
}
