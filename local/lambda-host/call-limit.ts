/** Admits new calls in the order of their arrival while fewer than a maximum are open. */
export class CallLimit {
  readonly #waiting: (() => void)[] = [];
  #open = 0;

  /** @param most no call is admitted while this many are open. */
  constructor(private readonly most: number) {}

  /** Resolves once there is room, or after `patienceMs` at the latest. */
  room(patienceMs: number): Promise<void> {
    if (this.#open < this.most) return Promise.resolve();
    return new Promise((resolve) => {
      const enter = () => {
        clearTimeout(timer);
        const at = this.#waiting.indexOf(enter);
        if (at >= 0) this.#waiting.splice(at, 1);
        resolve();
      };
      const timer = setTimeout(enter, patienceMs);
      this.#waiting.push(enter);
    });
  }

  /** Counts a call as open until it has settled. */
  async count<T>(call: Promise<T>): Promise<T> {
    this.#open += 1;
    try {
      return await call;
    } finally {
      this.#open -= 1;
      if (this.#open < this.most) this.#waiting[0]?.();
    }
  }
}
