import type { Timers } from "../api/timers.js";

/** codersdk.ChatStatus. Only legacy servers have `pending`. Later servers have `interrupting`, the newest also `paused`. */
export type ChatStatus =
  | "pending"
  | "waiting"
  | "running"
  | "interrupting"
  | "requires_action"
  | "paused"
  | "error";

/** codersdk.ChatError. */
export interface ChatError {
  message: string;
  detail?: string;
  kind?: string;
  provider?: string;
  retryable: boolean;
  status_code?: number;
}

/** The sendable variants of codersdk.ChatMessagePart. */
export interface ChatPart {
  type: string;
  text?: string;
  [field: string]: unknown;
}

/** A user's input: it is queued, or it starts a turn. */
export interface ChatInput {
  content: ChatPart[];
  /** The sender's user id. */
  by: string;
}

export interface QueuedMessage extends ChatInput {
  id: number;
  createdAt: string;
  /** When its owner began to edit it. It isn't sent until the edit ends. */
  editingSince?: string | undefined;
}

export interface ChatMessage {
  id: number;
  role: "user" | "assistant";
  content: ChatPart[];
  by?: string;
  createdAt: string;
}

export interface Rhythm {
  /** The length of one turn in milliseconds. */
  turnMs: number;
  timers: Timers;
  /** Whether the server's version predates the state machine. */
  isLegacy: () => boolean;
  /** Increasing numbers for message ids and for the order of changes. */
  nextNumber: () => number;
}

/** The result of sending an input: the message of the turn that started, or the queued message. */
export interface Delivery {
  queued: QueuedMessage | undefined;
  /** The message that started a turn: the input itself, or the head of a stopped queue. */
  begun: ChatMessage | undefined;
}

/**
 * The turns of one chat, as in coderd's state machine: one at a time, each started by one message. When a turn ends,
 * the head of the queue starts the next one.
 */
export class ChatTurns {
  status: ChatStatus = "waiting";
  lastError: ChatError | undefined;
  readonly messages: ChatMessage[] = [];
  readonly queue: QueuedMessage[] = [];
  updatedAt = new Date().toISOString();
  /** Greater than the number of every earlier change. */
  change: number;
  #held = false;
  #cancelTimer = () => {};

  constructor(private readonly rhythm: Rhythm) {
    this.change = rhythm.nextNumber();
  }

  /** The turns of another chat of the same server. */
  another(): ChatTurns {
    return new ChatTurns(this.rhythm);
  }

  /** Whether a turn is running or about to run. The chat can't be archived then. */
  get isActive(): boolean {
    return this.status !== "waiting" && this.status !== "error";
  }

  deliver(input: ChatInput, interrupt = false): Delivery {
    if (!this.isActive && this.queue.length === 0) return { queued: undefined, begun: this.begin(input) };
    const queued = { ...input, id: this.rhythm.nextNumber(), createdAt: new Date().toISOString() };
    this.queue.push(queued);
    this.touch();
    // After an error, the stopped queue continues in order.
    if (!this.isActive) return { queued, begun: this.#promoteHead() };
    if (interrupt) this.interrupt();
    return { queued, begun: undefined };
  }

  begin(input: ChatInput): ChatMessage {
    const message = this.#write("user", input.content, input.by);
    this.lastError = undefined;
    this.#cancelTimer();
    const { turnMs, timers, isLegacy } = this.rhythm;
    if (isLegacy()) {
      this.#become("pending");
      this.#cancelTimer = timers.after(turnMs / 4, () => this.#work((turnMs * 3) / 4));
    } else {
      this.#work(turnMs);
    }
    return message;
  }

  /**
   * Interrupts a running turn: at once on legacy servers, after `interrupting` on others. Pending tool calls are cancelled,
   * and the turn continues.
   */
  interrupt(): void {
    const { turnMs, timers, isLegacy } = this.rhythm;
    if (isLegacy()) {
      this.#cancelTimer();
      this.lastError = undefined;
      this.#become("waiting");
      this.#cancelTimer = timers.after(turnMs / 4, () => this.#rest());
    } else if (this.status === "running") {
      this.#cancelTimer();
      this.#become("interrupting");
      this.#cancelTimer = timers.after(turnMs / 4, () => this.#rest());
    } else if (this.status === "requires_action") {
      this.#work(turnMs);
    }
  }

  /** Ends the turn without starting a queued one, as a legacy server's archive does. */
  halt(): void {
    this.#cancelTimer();
    this.queue.length = 0;
    if (this.isActive) this.#become("waiting");
  }

  /** See FakeChat. */
  hold(): void {
    this.#held = true;
    if (this.status === "interrupting" || this.status === "requires_action") return;
    this.#cancelTimer();
    this.lastError = undefined;
    this.#become("running");
  }

  release(): void {
    this.#held = false;
    if (this.status === "interrupting") this.#rest();
    else if (this.status === "running" || this.status === "pending") this.#end();
  }

  fail(error: ChatError): void {
    this.#cancelTimer();
    this.lastError = error;
    this.#become("error");
  }

  requireAction(): void {
    this.#cancelTimer();
    this.#become("requires_action");
  }

  /** Continues if the chat was waiting for the end of an edit of the queue. */
  unpause(): void {
    if (this.status === "paused") this.#rest();
    else this.touch();
  }

  touch(): void {
    this.updatedAt = new Date().toISOString();
    this.change = this.rhythm.nextNumber();
  }

  #work(ms: number): void {
    this.#become("running");
    if (!this.#held) this.#cancelTimer = this.rhythm.timers.after(ms, () => this.#end());
  }

  #end(): void {
    this.#cancelTimer();
    this.#write("assistant", [{ type: "text", text: "Done." }]);
    this.#rest();
  }

  #rest(): void {
    this.#cancelTimer();
    if (this.queue[0]?.editingSince) this.#become("paused");
    else if (!this.#promoteHead()) this.#become("waiting");
  }

  #promoteHead(): ChatMessage | undefined {
    const head = this.queue.shift();
    return head && this.begin(head);
  }

  #write(role: ChatMessage["role"], content: ChatPart[], by?: string): ChatMessage {
    const message = {
      id: this.rhythm.nextNumber(),
      role,
      content,
      createdAt: new Date().toISOString(),
      ...(by !== undefined && { by }),
    };
    this.messages.push(message);
    return message;
  }

  #become(status: ChatStatus): void {
    this.status = status;
    this.touch();
  }
}
