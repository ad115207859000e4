import { unmasked } from "./error-patterns.js";

/** The role of a line among the steps of a job: a step begins, or the runner reports that one failed. */
export type Role = "step" | "end";

/** Every line that has a role contains one of these texts. */
export const stepKeywords = ["##[", "post job cleanup", "$ ", "done in "];

/** A command as Yarn and many scripts print it before running it, and Yarn's report that it succeeded. */
const command = /^\$ (\S.*)/;
const commandSucceeded = /^(?:✨ +)?Done in [\d.]+m?s\.$/;
const groupedCommand = /^##\[group\]Run (\S.*)/;
const exitCode = /^##\[error\]Process completed with exit code (\d+)\.$/;

export function roleOf(line: string): Role | undefined {
  if (unmasked(line).startsWith("##[error]")) return "end";
  return groupedCommand.test(line) || command.test(line) || line === "Post job cleanup." ? "step" : undefined;
}

/**
 * Finds the command that failed. GitHub's runner reports only the exit code. Before the step it prints the script, with
 * the first line as the title. If the script has more lines, the failed one is unknown unless the log shows commands.
 */
export class Commands {
  #last = "";
  #code = "";

  /** Adds a line. `next` returns the lines after this one, as far as they are held. */
  add(line: string, next: (distance: number) => string): void {
    this.#code = exitCode.exec(line)?.[1] ?? "";
    const [, title] = groupedCommand.exec(line) ?? [];
    if (title !== undefined) this.#last = next(1) === title && next(2).startsWith("shell: ") ? title : "";
    this.#last = commandSucceeded.test(line) ? "" : (command.exec(line)?.[1] ?? this.#last);
  }

  /** Names the command that failed, if the last line reports an exit code and the command is known. */
  note(): string {
    return this.#code === "" || this.#last === ""
      ? ""
      : ` (The command "${this.#last.slice(0, 200)}" exited with ${this.#code}.)`;
  }
}
