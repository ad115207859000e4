import { unmasked } from "./error-marks.js";

/** What a line says of the steps of a job: one begins, or the runner says that one failed. */
export type Role = "step" | "end";

/** Texts of which one is in each line that has a role. */
export const stepClues = ["##[", "post job cleanup", "$ "];

/** A command as Travis CI, GitLab CI, CircleCI and Yarn show it before they run it. */
const command = /^\$ (\S.*)/;
const groupedCommand = /^##\[group\]Run (\S.*)/;
const exitCode = /^##\[error\]Process completed with exit code (\d+)\.$/;

export function roleOf(line: string): Role | undefined {
  if (unmasked(line).startsWith("##[error]")) return "end";
  return groupedCommand.test(line) || command.test(line) || line === "Post job cleanup." ? "step" : undefined;
}

/**
 * Finds out which command failed. GitHub's runner says only with which code; it shows a step's script before, and its
 * first line as the title. Where the script has more lines, none is known to be the one.
 */
export class Commands {
  #last = "";
  #code = "";

  /** `next` gives the lines after this one, as far as they are here. */
  see(line: string, next: (distance: number) => string): void {
    this.#code = exitCode.exec(line)?.[1] ?? "";
    const [, title] = groupedCommand.exec(line) ?? [];
    if (title !== undefined) this.#last = next(1) === title && next(2).startsWith("shell: ") ? title : "";
    this.#last = command.exec(line)?.[1] ?? this.#last;
  }

  /** What the line seen last does not say of the command that failed. */
  note(): string {
    return this.#code === "" || this.#last === ""
      ? ""
      : ` (The command "${this.#last.slice(0, 200)}" exited with ${this.#code}.)`;
  }
}
