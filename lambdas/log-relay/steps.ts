import { unmasked } from "./error-marks.js";

/** What a line says of the steps of a job: one begins, or the runner says that one failed. */
export type Role = "step" | "end";

/** Texts of which one is in each line that has a role. */
export const stepClues = ["##[", "post job cleanup", "$ ", "done in "];

/** A command as Yarn and many scripts show it before they run it, and how Yarn says that its command succeeded. */
const command = /^\$ (\S.*)/;
const commandSucceeded = /^(?:✨ +)?Done in [\d.]+m?s\.$/;
const groupedCommand = /^##\[group\]Run (\S.*)/;
const exitCode = /^##\[error\]Process completed with exit code (\d+)\.$/;

export function roleOf(line: string): Role | undefined {
  if (unmasked(line).startsWith("##[error]")) return "end";
  return groupedCommand.test(line) || command.test(line) || line === "Post job cleanup." ? "step" : undefined;
}

/**
 * Finds out which command failed. GitHub's runner reports only the exit code; it shows the step's script before, with
 * the first line as the title. If the script has more lines, the failed one is unknown unless the log shows commands.
 */
export class Commands {
  #last = "";
  #code = "";

  /** `next` gives the lines after this one, as far as they are here. */
  see(line: string, next: (distance: number) => string): void {
    this.#code = exitCode.exec(line)?.[1] ?? "";
    const [, title] = groupedCommand.exec(line) ?? [];
    if (title !== undefined) this.#last = next(1) === title && next(2).startsWith("shell: ") ? title : "";
    this.#last = commandSucceeded.test(line) ? "" : (command.exec(line)?.[1] ?? this.#last);
  }

  /** The command that failed, if the line seen last reports an exit code and the command is known. */
  note(): string {
    return this.#code === "" || this.#last === ""
      ? ""
      : ` (The command "${this.#last.slice(0, 200)}" exited with ${this.#code}.)`;
  }
}
