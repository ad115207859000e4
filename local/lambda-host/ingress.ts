import type { CallLimit } from "./call-limit.js";

export interface IngressOptions {
  /** The URL of the module, in plain JavaScript, that exports `HttpApi`. */
  module: string;
  /** The function that answers the requests. */
  functionName: string;
  /** The function's timeout in milliseconds. */
  timeoutMs: number;
  /** Default: any free port. */
  port?: number;
  /** Requests wait for room in it, but no longer than `patienceMs`. */
  limit: CallLimit;
  patienceMs: number;
  /** Gets the milliseconds that each call of the function has taken. */
  onServed?: (ms: number) => void;
}

/** A message from the thread about its ingress. */
export type IngressMessage =
  | { listening: string }
  | { refused: { code?: string; message: string } }
  | { closed: true }
  /** The number of a request that waits for room. */
  | { waits: number }
  /** The number of a request that was let in and is now over. */
  | { left: number };

/**
 * The HTTP API in front of a function, in the function's own thread (`ingress-thread.mjs`): a request that crosses no
 * thread boundary is answered in half the time. The thread asks this one to let a request in only if there is no room.
 */
export class Ingress {
  #url = "";
  #isOpen = false;
  #listening: { resolve: () => void; reject: (error: Error) => void } | undefined;
  #isClosed = () => {};
  /** The function that ends the call of each request that was let in, by the request's number. */
  readonly #inside = new Map<number, () => void>();

  /** @param post sends a message to the thread; returns whether there is one. */
  constructor(
    private readonly options: IngressOptions,
    private readonly post: (message: unknown) => boolean,
  ) {}

  /** Without a trailing slash. */
  get url(): string {
    return this.#url;
  }

  /**
   * Starts listening. After a thread has died, the next one listens on the same port. Rejects with Node's error if the port
   * is taken.
   */
  listen(): Promise<void> {
    const { module, functionName, timeoutMs, limit } = this.options;
    const port = this.#url === "" ? this.options.port : Number(new URL(this.#url).port);
    return new Promise((resolve, reject) => {
      this.#listening = { resolve, reject };
      this.post({ listen: { module, functionName, timeoutMs, port, load: limit.load, most: limit.most } });
    });
  }

  said(message: IngressMessage): void {
    if ("listening" in message) {
      this.#url = message.listening;
      this.#isOpen = true;
      this.#listening?.resolve();
    } else if ("refused" in message) {
      const { refused } = message;
      this.#listening?.reject(Object.assign(new Error(refused.message), refused));
    } else if ("waits" in message) void this.#letIn(message.waits);
    else if ("left" in message) this.#inside.get(message.left)?.();
    else this.#isClosed();
  }

  served(ms: number): void {
    this.options.onServed?.(ms);
  }

  /**
   * Called when the thread has died, and all requests with it. Returns whether it was listening, so that the next thread
   * should.
   */
  died(): boolean {
    const wasOpen = this.#isOpen;
    this.#isOpen = false;
    this.#listening?.reject(new Error("the Lambda thread died"));
    for (const end of this.#inside.values()) end();
    this.#isClosed();
    return wasOpen;
  }

  async close(): Promise<void> {
    this.#isOpen = false;
    await new Promise<void>((resolve) => {
      this.#isClosed = resolve;
      if (!this.post("hang up")) resolve();
    });
  }

  async #letIn(number: number): Promise<void> {
    const { limit, patienceMs } = this.options;
    const answered = () =>
      new Promise<void>((resolve) => {
        this.#inside.set(number, resolve);
        this.post({ enter: number });
      });
    await limit.deliver(answered, patienceMs);
    this.#inside.delete(number);
  }
}
