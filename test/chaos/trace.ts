/** The events of a run with the time since its start. Printed if the run fails. */
export class Trace {
  readonly #lines: string[] = [];
  readonly #start = performance.now();

  note(what: string): void {
    const seconds = ((performance.now() - this.#start) / 1000).toFixed(3).padStart(8);
    this.#lines.push(`${seconds} ${what}`);
  }

  toString(): string {
    return this.#lines.join("\n");
  }
}
