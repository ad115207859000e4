import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { type ActionName, actionNames } from "../../infra/definition/actions.js";
import type { Fault } from "../../local/http/faults.js";
import { type Clock, setClock } from "./clock.mjs";
import type { Answer, Order, RelayOptions, RunEnd, Service } from "./relay.js";

/** The probability that a call of a Lambda fails with one of Lambda's own errors. */
const lambdaFaults = 0.01;

export interface ProcessOptions {
  /** The compiled `relay.ts`. */
  program: string;
  /** For state and Lambdas. */
  folder: string;
  settings: Record<string, string>;
  bundles: Record<ActionName, string>;
  timeScale: number;
  clock: Clock;
}

/** The relay in a process that can be killed and started again on its state. */
export class RelayProcess {
  readonly #options: ProcessOptions;
  #child: ChildProcess | undefined;
  #ready: Extract<Answer, { ready: string }> | undefined;
  #clock: Clock;
  /** Its output, for the report of a failure. */
  output = "";

  constructor(options: ProcessOptions) {
    this.#options = options;
    this.#clock = options.clock;
  }

  /** The URL for deliveries; empty while it is down. */
  get webhookUrl(): string {
    return this.#ready?.ready ?? "";
  }

  get table(): { endpoint: string; accessKeyId: string; secretAccessKey: string } | undefined {
    return this.#ready?.table;
  }

  async start(): Promise<void> {
    const { program, folder, settings, timeScale } = this.#options;
    const options: RelayOptions = {
      folder: join(folder, "state"),
      settings,
      timeScale,
      bundles: await this.#faultyBundles(),
      clock: this.#clock,
    };
    const { PATH = "", HOME = "" } = process.env;
    const env = { PATH, HOME, CHAOS_RELAY: JSON.stringify(options) };
    const child = spawn(process.execPath, [program], { env, stdio: ["ignore", "pipe", "pipe", "ipc"] });
    this.#child = child;
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on("data", (chunk) => {
        this.output = `${this.output}${chunk}`.slice(-100_000);
      });
    }
    this.#ready = await this.#answer("ready");
  }

  /** Ends the process at once. It can be started again `downMs` later, by every clock of this run. */
  async kill(downMs: number): Promise<void> {
    const child = this.#child;
    if (!child) return;
    this.#ready = undefined;
    this.#child = undefined;
    const exit = child.exitCode ?? child.signalCode ?? once(child, "exit");
    child.kill("SIGKILL");
    await exit;
    this.#clock = { ...this.#clock, aheadMs: this.#clock.aheadMs + downMs };
    setClock(this.#clock);
  }

  /** Makes calls to an AWS service fail. */
  fail(service: Service, fault: Fault): void {
    if (this.#ready) this.#send({ fail: service, fault });
  }

  async executions(): Promise<RunEnd[]> {
    return (await this.#ask("executions")).executions;
  }

  /** The names of the schedules of all jobs. */
  async schedules(): Promise<string[]> {
    return (await this.#ask("schedules")).schedules;
  }

  /** Runs `reconcile` once. */
  async reconcile(): Promise<{ outcome: string; gaps: { gap: string }[] }> {
    return (await this.#ask("reconcile")).reconcile;
  }

  /** From now on, no Lambda fails. */
  async calm(): Promise<void> {
    await writeFile(this.#calmFile, "");
  }

  get #calmFile(): string {
    return join(this.#options.folder, "calm");
  }

  #send(order: Order): void {
    this.#child?.send(order);
  }

  #ask<Kind extends "executions" | "schedules" | "reconcile">(ask: Kind) {
    const answer = this.#answer(ask);
    this.#send({ ask });
    return answer;
  }

  #answer<Kind extends string>(kind: Kind): Promise<Extract<Answer, Record<Kind, unknown>>> {
    const child = this.#child;
    return new Promise((resolve, reject) => {
      const receive = (answer: Answer) => {
        if (!(kind in answer)) return;
        child?.off("message", receive).off("exit", end);
        resolve(answer as Extract<Answer, Record<Kind, unknown>>);
      };
      const end = (code: number | null) => reject(new Error(`the relay ended with ${code}: ${this.output}`));
      child?.on("message", receive).once("exit", end);
    });
  }

  /** Lambdas that share this run's clock and sometimes fail. Each process has its own files, because its clock differs. */
  async #faultyBundles(): Promise<Record<ActionName, string>> {
    const { folder, bundles } = this.#options;
    const lambdas = join(folder, `lambdas-${this.#clock.aheadMs}`);
    await mkdir(lambdas, { recursive: true });
    const url = (path: string) => JSON.stringify(pathToFileURL(path).href);
    const here = (name: string) => url(fileURLToPath(new URL(name, import.meta.url)));
    const faults = JSON.stringify({ probability: lambdaFaults, calm: this.#calmFile });
    const entries = actionNames.map(async (name) => {
      const path = join(lambdas, `${name}.mjs`);
      await writeFile(
        path,
        `import { setClock } from ${here("./clock.mjs")};
import { withFaults } from ${here("./lambda-faults.mjs")};
import { handler as real } from ${url(bundles[name])};
setClock(${JSON.stringify(this.#clock)});
export const handler = withFaults(real, ${faults});
`,
      );
      return [name, path] as const;
    });
    return Object.fromEntries(await Promise.all(entries)) as Record<ActionName, string>;
  }
}
