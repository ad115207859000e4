import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";

/** The Lambdas that a thread serves, and their environment. */
export interface Service {
  /** The path of each bundle, by the function's name. */
  bundles: Record<string, string>;
  /** The environment of all functions. */
  env: Record<string, string>;
  /** Functions whose bundles are loaded at the start. */
  preload: readonly string[];
}

/** Gets the messages and events of a thread. */
export interface ThreadOwner {
  /** Called with each message of `worker.mjs`. */
  said(message: unknown): void;
  failed(error: Error): void;
  exited(code: number): void;
}

/** Threads that serve nothing at the moment. They don't keep the process alive. */
const idle: Thread[] = [];

/** A thread for Lambdas (`worker.mjs`). */
export class Thread {
  readonly #worker: Worker;
  #owner: ThreadOwner | undefined;

  /** @param heapMb the limit of its JavaScript heap. Default: Node's own limit. */
  private constructor(heapMb: number | undefined) {
    this.#worker = new Worker(fileURLToPath(new URL("./worker.mjs", import.meta.url)), {
      env: {},
      // Bundles don't need the parent's loaders (`--import tsx`), which would slow the start.
      execArgv: [],
      ...(heapMb !== undefined && { resourceLimits: { maxOldGenerationSizeMb: heapMb } }),
    });
    this.#worker.on("message", (message) => this.#owner?.said(message));
    this.#worker.on("error", (error) => this.#owner?.failed(error));
    this.#worker.on("exit", (code) => this.#owner?.exited(code));
  }

  /**
   * Returns a thread that posts `ready` once it has started. An idle thread is reused, because it has its packages loaded.
   */
  static serving(service: Service, owner: ThreadOwner, heapMb?: number): Thread {
    const thread = (heapMb === undefined && idle.pop()) || new Thread(heapMb);
    thread.#owner = owner;
    thread.#worker.ref();
    thread.post({ serve: service });
    return thread;
  }

  post(message: unknown): void {
    this.#worker.postMessage(message);
  }

  /** Keeps the thread for another system. Its calls must be over and their output read. */
  release(): void {
    this.#owner = undefined;
    this.#worker.unref();
    idle.push(this);
  }

  async terminate(): Promise<void> {
    await this.#worker.terminate();
  }
}
