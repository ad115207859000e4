/** How calls are made to go wrong. Without `status` and `lose`, a fault only delays. */
export interface Fault {
  /** Default: any. */
  method?: string;
  /** Default: any. */
  path?: RegExp;
  /** How many calls it hits: 1 by default, `Infinity` for all from now on. */
  times?: number;
  /** Only every n-th call that fits: 1 by default. */
  every?: number;
  /** Answer with this status instead of having the effect. */
  status?: number;
  body?: unknown;
  headers?: Record<string, string>;
  /** Wait this many milliseconds before anything else. */
  delayMs?: number;
  /** Told when the call arrives; what it returns is waited for before anything else. */
  hold?: () => Promise<unknown>;
  /** Break the connection: before the effect (`request`) or after it (`response`). */
  lose?: "request" | "response";
}

/** The faults that wait for their calls. */
export class FaultPlan {
  readonly #faults: { fault: Fault; left: number; seen: number }[] = [];

  add(fault: Fault): void {
    this.#faults.push({ fault, left: fault.times ?? 1, seen: 0 });
  }

  clear(): void {
    this.#faults.length = 0;
  }

  /** The fault that hits this call, if any; it is used up by that. */
  take(method: string, path: string): Fault | undefined {
    for (const entry of this.#faults) {
      const { fault } = entry;
      if (entry.left <= 0) continue;
      if (fault.method !== undefined && fault.method !== method) continue;
      if (fault.path !== undefined && !fault.path.test(path)) continue;
      entry.seen += 1;
      if (entry.seen % (fault.every ?? 1) !== 0) continue;
      entry.left -= 1;
      return fault;
    }
    return undefined;
  }
}
