import { randomUUID } from "node:crypto";
import type { FakeUser } from "../api/user.js";
import type { FakeOrganization } from "../users/organizations.js";
import { textOf } from "./content.js";
import type { Labels } from "./labels.js";
import type { ChatError, ChatInput, ChatStatus, ChatTurns } from "./turns.js";

export interface ChatParts {
  owner: FakeUser;
  organization: FakeOrganization;
  labels: Labels;
  workspaceId: string | undefined;
  systemPrompt: string;
  planMode: string;
  clientType: string;
  input: ChatInput;
  turns: ChatTurns;
}

/** The result of Coder's git sync for the chat's branch. Omitted fields have the values of a new pull request. */
export interface NewPullRequest {
  number: number;
  url: string;
  state?: "open" | "closed" | "merged";
  title?: string;
  draft?: boolean;
  changesRequested?: boolean;
  approved?: boolean;
  additions?: number;
  deletions?: number;
  changedFiles?: number;
  author?: string;
  baseBranch?: string;
  headBranch?: string;
}

/** A chat as stored on the server, with methods for tests that bypass the API. */
export class FakeChat {
  readonly id = randomUUID();
  readonly createdAt = new Date().toISOString();
  readonly ownerUser: FakeUser;
  readonly organization: FakeOrganization;
  readonly systemPrompt: string;
  readonly clientType: string;
  /** The chat's first text. */
  readonly prompt: string;
  readonly turns: ChatTurns;
  title: string;
  labels: Labels;
  planMode: string;
  workspaceId: string | undefined;
  archived = false;
  /** Whether it was removed permanently, which Coder does some time after archiving. */
  purged = false;
  /** 0 if the chat is not pinned. */
  pinOrder = 0;
  /** Whether it waits for a slot while it is `running`, as with a license that limits concurrent agents. */
  queuedForCapacity = false;
  lastTurnSummary: string | null = null;
  summary: string | null = null;
  pullRequest: NewPullRequest | undefined;
  /** The ids of the users that the chat is shared with. */
  readonly viewers = new Set<string>();
  /** The chats of its agent's subagents. */
  readonly children: FakeChat[] = [];
  parent: FakeChat | undefined;
  readonly #firstMessage: number;

  constructor(parts: ChatParts) {
    this.ownerUser = parts.owner;
    this.organization = parts.organization;
    this.labels = parts.labels;
    this.workspaceId = parts.workspaceId;
    this.systemPrompt = parts.systemPrompt;
    this.planMode = parts.planMode;
    this.clientType = parts.clientType;
    this.turns = parts.turns;
    this.prompt = textOf(parts.input.content);
    this.title = this.prompt.split(/\s+/).slice(0, 6).join(" ").slice(0, 80);
    this.#firstMessage = this.turns.begin(parts.input).id;
  }

  /** The owner's username. */
  get owner(): string {
    return this.ownerUser.username;
  }

  get status(): ChatStatus {
    return this.turns.status;
  }

  get lastError(): ChatError | undefined {
    return this.turns.lastError;
  }

  /** The texts that started turns, in order, without the prompt. `at` is in ms since the epoch. */
  get inputs(): readonly { at: number; text: string }[] {
    return this.turns.messages
      .filter(({ id, role }) => role === "user" && id !== this.#firstMessage)
      .map(({ createdAt, content }) => ({ at: Date.parse(createdAt), text: textOf(content) }));
  }

  /** The queued texts, the next one first. */
  get queued(): readonly string[] {
    return this.turns.queue.map(({ content }) => textOf(content));
  }

  /** Lets the agent start a subagent with its own chat. */
  callHelper(text = "Look into it"): FakeChat {
    const helper = new FakeChat({
      owner: this.ownerUser,
      organization: this.organization,
      labels: {},
      workspaceId: this.workspaceId,
      systemPrompt: "",
      planMode: "",
      clientType: this.clientType,
      input: { content: [{ type: "text", text }], by: this.ownerUser.id },
      turns: this.turns.another(),
    });
    helper.parent = this;
    this.children.push(helper);
    return helper;
  }

  /** Keeps the agent busy until `release`, in this turn and all following ones; an idle chat becomes busy. */
  holdBusy(): void {
    this.turns.hold();
  }

  /** Ends the turn, or its interrupt, now. The queue continues. */
  release(): void {
    this.turns.release();
  }

  /** Ends the turn with an error. The queue is kept, and the next message retries. */
  failTurn({ message, ...rest }: Partial<ChatError> = {}): void {
    this.turns.fail({ message: message ?? "The turn failed.", kind: "generic", retryable: false, ...rest });
  }

  /** Lets the agent wait for its client to run a tool. */
  requireAction(): void {
    this.turns.requireAction();
  }

  /** Sets the pull request that the git sync finds; `undefined` for none. */
  setPullRequest(pullRequest: NewPullRequest | undefined): void {
    this.pullRequest = pullRequest;
    this.turns.touch();
  }

  setSummary(lastTurn: string | null, whole: string | null = this.summary): void {
    this.lastTurnSummary = lastTurn;
    this.summary = whole;
    this.turns.touch();
  }

  /** Removes the chat permanently, so that requests for it get a 404. */
  purge(): void {
    this.turns.halt();
    this.purged = true;
  }
}
