import { existsSync, rmSync, writeFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { ActionName } from "../../infra/definition/actions.js";
import { bundles } from "../bundles.js";
import { until } from "./support.js";

/** Holds the calls of one Lambda, so that a test can act between two states of a flow. Open at first. */
export class Gate {
  private constructor(
    private readonly action: ActionName,
    private readonly folder: string,
  ) {}

  static async before(action: ActionName): Promise<Gate> {
    const gate = new Gate(action, await mkdtemp(join(tmpdir(), "relay-gate-")));
    const [shut, reached] = [gate.#shut, gate.#reached].map((path) => JSON.stringify(path));
    await writeFile(
      gate.#bundle,
      `import { existsSync, writeFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
const { handler: act } = await import("${pathToFileURL(bundles[action])}" + new URL(import.meta.url).search);
export async function handler(...call) {
  if (existsSync(${shut})) writeFileSync(${reached}, "");
  while (existsSync(${shut})) await sleep(3);
  return act(...call);
}`,
    );
    return gate;
  }

  /** All bundles, including those that the gates hold. */
  static bundles(...gates: Gate[]): Record<ActionName, string> {
    return { ...bundles, ...Object.fromEntries(gates.map((gate) => [gate.action, gate.#bundle])) };
  }

  /** Holds the next calls. */
  shut(): void {
    rmSync(this.#reached, { force: true });
    writeFileSync(this.#shut, "");
  }

  /** Waits until a call is held, runs `meanwhile`, and releases the call. */
  async during(meanwhile: () => Promise<unknown>): Promise<void> {
    await until(`${this.action} is called`, () => existsSync(this.#reached));
    await meanwhile();
    rmSync(this.#shut);
  }

  remove(): Promise<void> {
    return rm(this.folder, { recursive: true });
  }

  get #bundle(): string {
    return join(this.folder, `${this.action}.mjs`);
  }

  get #shut(): string {
    return join(this.folder, "shut");
  }

  get #reached(): string {
    return join(this.folder, "reached");
  }
}
