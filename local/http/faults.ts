/** A fault to inject into calls. Without `status` and `lose`, it only delays them. */
export interface Fault {
  /** Default: any. */
  method?: string;
  /** Default: any. */
  path?: RegExp;
  /** How many calls it hits. 1 by default; `Infinity` means all following calls. */
  times?: number;
  /** Hits only every n-th matching call. Default: 1. */
  every?: number;
  /** Answer with this status instead of having the effect. */
  status?: number;
  body?: unknown;
  headers?: Record<string, string>;
  /** Wait this many milliseconds before anything else. */
  delayMs?: number;
  /** Called when the request arrives; its promise is awaited before anything else. */
  hold?: () => Promise<unknown>;
  /** Break the connection before the effect (`request`) or after it (`response`). */
  lose?: "request" | "response";
}

/** The faults that have calls left to hit. */
export class FaultPlan {
  readonly #faults: { fault: Fault; left: number; seen: number }[] = [];

  add(fault: Fault): void {
    this.#faults.push({ fault, left: fault.times ?? 1, seen: 0 });
  }

  clear(): void {
    this.#faults.length = 0;
  }

  /** Takes the fault that hits this call, if any. */
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
