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

/**
 * The limit of a thread's space for new objects. For the last collection of a thread that runs out of memory, Node.js
 * raises the heap's limit by 16 MB. If more new objects survive it, V8 ends the whole process instead of the thread. At
 * most two thirds of this space are in use. Node.js 24's own limit is 192 MB.
 */
const newObjectsMb = 24;

/** Threads that serve nothing at the moment. They don't keep the process alive. */
const idle: Thread[] = [];

/** A thread for Lambdas (`worker.mjs`). */
export class Thread {
  readonly #worker: Worker;
  #owner: ThreadOwner | undefined;

  /** @param heapMb the limit of its JavaScript heap, without new objects. Default: Node's own limit. */
  private constructor(heapMb: number | undefined) {
    this.#worker = new Worker(fileURLToPath(new URL("./worker.mjs", import.meta.url)), {
      env: {},
      // Bundles don't need the parent's loaders (`--import tsx`), which would slow the start.
      execArgv: [],
      resourceLimits: {
        maxYoungGenerationSizeMb: newObjectsMb,
        ...(heapMb !== undefined && { maxOldGenerationSizeMb: heapMb }),
      },
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
