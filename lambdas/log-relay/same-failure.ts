import type { JobLog } from "./job-log.js";

/** Share of a failure's lines that another has told from which on the two are told as one and what is added to it. */
const mostlyTold = 0.5;

const nothing: ReadonlySet<string> = new Set();

/** The failures of a run's jobs, so that each is told once: the jobs of a matrix often fail alike. */
export class Failures {
  /** By section: the lines that set its failure apart, and all that its excerpt tells. */
  readonly #known: { failures: Set<string>; told: Set<string> }[] = [];

  constructor(
    /** Bytes that an excerpt has at least. */
    readonly share: number,
  ) {}

  /** Which failure this one is the same as; of another, what has been told of it already. */
  compare({ digest }: JobLog): { same: number | undefined; told: ReadonlySet<string> } {
    const failures = digest?.failures(this.share) ?? nothing;
    const same =
      failures.size === 0 ? -1 : this.#known.findIndex((known) => isIn(failures, known.failures) === 1);
    if (same >= 0) return { same, told: nothing };
    const told = this.#known.find((known) => isIn(failures, known.failures) >= mostlyTold)?.told ?? nothing;
    this.#known.push({ failures: new Set(failures), told: digest?.told(this.share) ?? new Set() });
    return { same: undefined, told };
  }
}

/** Share of `some` that is in `others`. */
function isIn(some: ReadonlySet<string>, others: ReadonlySet<string>): number {
  return [...some].filter((line) => others.has(line)).length / Math.max(1, some.size);
}
