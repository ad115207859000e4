/** Limits how many calls run at once. The others wait in line: calls of flows go before new deliveries. */
export class CallLimit {
  readonly #calls: Queue = new Set();
  readonly #deliveries: Queue = new Set();
  #running = 0;
  /** How many calls are running or waiting. Other threads read it. */
  readonly load = new Int32Array(new SharedArrayBuffer(4));

  constructor(readonly most: number) {}

  /** Runs a flow's call once there is room. */
  call<T>(run: () => Promise<T>): Promise<T> {
    return this.#run(run, this.#calls);
  }

  /** Runs a delivery's call once there is room and no flow is waiting, or after `patienceMs` at the latest. */
  deliver<T>(run: () => Promise<T>, patienceMs: number): Promise<T> {
    return this.#run(run, this.#deliveries, patienceMs);
  }

  async #run<T>(run: () => Promise<T>, queue: Queue, patienceMs?: number): Promise<T> {
    Atomics.add(this.load, 0, 1);
    if (this.#running < this.most) this.#running += 1;
    else await this.#turn(queue, patienceMs);
    try {
      return await run();
    } finally {
      this.#running -= 1;
      Atomics.sub(this.load, 0, 1);
      this.#admit();
    }
  }

  /** Resolves once the caller may run, and counts it as running. */
  #turn(queue: Queue, patienceMs?: number): Promise<void> {
    return new Promise((resolve) => {
      const enter = () => {
        clearTimeout(timer);
        queue.delete(enter);
        this.#running += 1;
        resolve();
      };
      const timer = patienceMs === undefined ? undefined : setTimeout(enter, patienceMs);
      queue.add(enter);
    });
  }

  #admit(): void {
    const [next] = this.#calls.size > 0 ? this.#calls : this.#deliveries;
    if (next && this.#running < this.most) next();
  }
}

/** For each waiting call, the function that lets it run. */
type Queue = Set<() => void>;
