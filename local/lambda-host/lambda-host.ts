import { randomUUID } from "node:crypto";
import { Ingress, type IngressMessage, type IngressOptions } from "./ingress.js";
import { failure, LambdaError, type LambdaErrorBody } from "./lambda-error.mjs";
import { lineSplitter } from "./line-splitter.js";
import { checkRequestSize, checkResponseSize } from "./payload-limit.mjs";
import { Thread } from "./thread.js";

/** One line of a Lambda's output. */
export interface LambdaLogLine {
  stream: "stdout" | "stderr";
  line: string;
}

export interface LambdaHostOptions {
  /** Absolute path of the bundle (`.mjs`, exports `handler`) of each function, by the function's name. */
  bundles: Record<string, string>;
  /** The environment of all functions. They inherit only `PATH`, `HOME`, `TZ`, `LANG` and `TMPDIR` from this process. */
  env: Record<string, string>;
  /** Functions whose bundles are loaded as soon as the thread has started. The others are loaded at their first call. */
  preload?: readonly string[];
  /** The limit of the thread's JavaScript heap, without new objects, in MB. Default: Node's own limit. */
  heapMb?: number;
  /** Keeps the thread for the next host of this process, with its packages loaded and warm. Default: `close` ends it. */
  keepThread?: boolean;
  onLog?: (line: LambdaLogLine) => void;
}

/**
 * A message from the thread: its state, the answer to a call, or a message about the ingress. Each also carries the output
 * and times that have accumulated.
 */
interface Message {
  state?: "ready" | "idle";
  id?: number;
  /** JSON text. */
  result?: string;
  error?: LambdaErrorBody;
  ingress?: IngressMessage;
  output: { stream: "stdout" | "stderr"; text: string }[];
  /** How many milliseconds each request to the ingress took. */
  served: number[];
}

interface Call {
  requestId: string;
  resolve: (result: unknown) => void;
  reject: (error: Error) => void;
  timer: NodeJS.Timeout | undefined;
}

/**
 * Variables that a process needs to find programs, files and its time zone; none of them configures the system under test.
 */
const harmless = ["PATH", "HOME", "TZ", "LANG", "TMPDIR"];

/** Lambda's longest timeout. `getRemainingTimeInMillis` counts down from it if a call sets none. */
const longestTimeoutMs = 900_000;

/** How long a thread that is kept may take to finish its calls. */
const patienceMs = 1000;

/**
 * The Lambdas of one system in one worker thread, with their own environment and module instances, so that several systems
 * can run in one process. Payloads and results cross the thread boundary as JSON.
 *
 * Unlike in AWS, one warm instance of a function serves concurrent calls, and a call that has timed out keeps running;
 * its result is ignored.
 */
export class LambdaHost {
  readonly #options: LambdaHostOptions;
  readonly #calls = new Map<number, Call>();
  #thread: Thread | undefined;
  #ingress: Ingress | undefined;
  #isReady = () => {};
  #isIdle: (isIdle: boolean) => void = () => {};
  #lastId = 0;
  #closed = false;

  private constructor(options: LambdaHostOptions) {
    this.#options = options;
  }

  /** Resolves once the thread has started. */
  static async start(options: LambdaHostOptions): Promise<LambdaHost> {
    const host = new LambdaHost(options);
    await new Promise<void>((resolve, reject) => {
      host.#isReady = resolve;
      host.#spawn(reject);
    });
    return host;
  }

  /**
   * Calls a function and returns its result after a round trip through JSON.
   *
   * Rejects with an error whose `name` is the Lambda `errorType`: with `Sandbox.Timedout` after `timeoutMs`
   * (default: never), with `Runtime.ExitError` or `Runtime.OutOfMemory` if the thread died during the call. Lambda's own
   * refusals have Step Functions' names, `Lambda.RequestTooLargeException` for example.
   */
  invoke(functionName: string, payload: unknown, timeoutMs?: number): Promise<unknown> {
    return new Promise((resolve, reject) => {
      if (this.#closed) throw new Error("the Lambda host is closed");
      if (!Object.hasOwn(this.#options.bundles, functionName)) {
        throw failure("Lambda.ResourceNotFoundException", `Function not found: ${functionName}`);
      }
      const id = ++this.#lastId;
      const requestId = randomUUID();
      const encoded = JSON.stringify(payload ?? null);
      checkRequestSize(encoded);
      const message = {
        id,
        functionName,
        requestId,
        payload: encoded,
        deadline: Date.now() + (timeoutMs ?? longestTimeoutMs),
      };
      const timer =
        timeoutMs === undefined
          ? undefined
          : setTimeout(() => {
              this.#calls.delete(id);
              const seconds = (timeoutMs / 1000).toFixed(2);
              reject(crash("Sandbox.Timedout", requestId, `Task timed out after ${seconds} seconds`));
            }, timeoutMs);
      this.#calls.set(id, { requestId, resolve, reject, timer });
      (this.#thread ?? this.#spawn()).post(message);
    });
  }

  /**
   * Starts an HTTP API in front of one of the functions, which listens until it or the host is closed. Rejects with Node's
   * error if the port is taken.
   */
  async listen(options: IngressOptions): Promise<Ingress> {
    const ingress = new Ingress(options, (message) => {
      this.#thread?.post(message);
      return this.#thread !== undefined;
    });
    this.#ingress = ingress;
    await ingress.listen();
    return ingress;
  }

  /** Stops the thread and rejects the calls that are still running. */
  async close(): Promise<void> {
    this.#closed = true;
    const thread = this.#thread;
    this.#thread = undefined;
    if (thread && this.#options.keepThread && (await this.#becomesIdle(thread))) thread.release();
    else await thread?.terminate();
    this.#rejectAll("Runtime.ExitError", "the Lambda host was closed");
  }

  /** Whether all calls end soon, including those whose results nobody awaits any longer. */
  #becomesIdle(thread: Thread): Promise<boolean> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, patienceMs, false);
      this.#isIdle = (isIdle) => {
        clearTimeout(timer);
        resolve(isIdle);
      };
      thread.post("stop");
    });
  }

  #spawn(onError: (error: Error) => void = () => {}): Thread {
    const { bundles, env, preload = [], heapMb, onLog } = this.#options;
    const written = {
      stdout: lineSplitter((line) => onLog?.({ stream: "stdout", line })),
      stderr: lineSplitter((line) => onLog?.({ stream: "stderr", line })),
    };
    // After an uncaught exception, process.exit() or too much memory, the next call starts a new thread, as
    // Lambda does. If the thread has an ingress, a new one starts at once.
    let isOutOfMemory = false;
    const thread = Thread.serving(
      { bundles, env: { ...harmlessEnvironment(), ...env }, preload },
      {
        said: (said) => {
          const message = said as Message;
          for (const { stream, text } of message.output) written[stream](text);
          for (const ms of message.served) this.#ingress?.served(ms);
          if (message.ingress) this.#ingress?.said(message.ingress);
          else if (message.state === "ready") this.#isReady();
          else if (message.state === "idle") this.#isIdle(true);
          else this.#settle(message);
        },
        failed: (error) => {
          isOutOfMemory = "code" in error && error.code === "ERR_WORKER_OUT_OF_MEMORY";
          onLog?.({ stream: "stderr", line: `the Lambda thread died: ${error.stack ?? error.message}` });
          onError(error);
        },
        exited: (code) => {
          if (this.#thread === thread) this.#thread = undefined;
          this.#isIdle(false);
          if (isOutOfMemory)
            this.#rejectAll("Runtime.OutOfMemory", "Runtime exited with error: signal: killed");
          else if (code === 0)
            this.#rejectAll("Runtime.ExitError", "Runtime exited without providing a reason");
          else this.#rejectAll("Runtime.ExitError", `Runtime exited with error: exit status ${code}`);
          if (this.#ingress?.died() && !this.#closed) this.#listenAgain(this.#ingress);
        },
      },
      heapMb,
    );
    this.#thread = thread;
    return thread;
  }

  #listenAgain(ingress: Ingress): void {
    this.#spawn();
    ingress.listen().catch((error: Error) => {
      this.#options.onLog?.({
        stream: "stderr",
        line: `the HTTP API no longer listens: ${error.message}`,
      });
    });
  }

  #settle({ id = 0, result = "null", error }: Message): void {
    const call = this.#calls.get(id);
    if (!call) return;
    this.#calls.delete(id);
    clearTimeout(call.timer);
    try {
      if (error) throw new LambdaError(error);
      checkResponseSize(result);
      call.resolve(JSON.parse(result));
    } catch (error) {
      call.reject(error instanceof Error ? error : new Error(String(error)));
    }
  }

  #rejectAll(errorType: string, reason: string): void {
    for (const call of this.#calls.values()) {
      clearTimeout(call.timer);
      call.reject(crash(errorType, call.requestId, reason));
    }
    this.#calls.clear();
  }
}

/** Lambda's wording: https://repost.aws/knowledge-center/lambda-verify-invocation-timeouts */
function crash(errorType: string, requestId: string, reason: string): LambdaError {
  return failure(errorType, `RequestId: ${requestId} Error: ${reason}`);
}

function harmlessEnvironment(): Record<string, string> {
  const found: Record<string, string> = {};
  for (const name of harmless) {
    const value = process.env[name];
    if (value !== undefined) found[name] = value;
  }
  return found;
}
