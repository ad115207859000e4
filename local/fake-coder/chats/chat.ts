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

/** What Coder's git sync finds out about the chat's branch. What is left out is what a new pull request has. */
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

/** A chat as the server keeps it, with what a test may do to it behind the API's back. */
export class FakeChat {
  readonly id = randomUUID();
  readonly createdAt = new Date().toISOString();
  readonly ownerUser: FakeUser;
  readonly organization: FakeOrganization;
  readonly systemPrompt: string;
  readonly clientType: string;
  /** The text that it was made with. */
  readonly prompt: string;
  readonly turns: ChatTurns;
  title: string;
  labels: Labels;
  planMode: string;
  workspaceId: string | undefined;
  archived = false;
  /** Removed for good, as Coder does some time after an archive. */
  purged = false;
  /** 0 where it is not pinned. */
  pinOrder = 0;
  /** Waits for a slot while it is `running`, as where the license allows few agents at once. */
  queuedForCapacity = false;
  lastTurnSummary: string | null = null;
  summary: string | null = null;
  pullRequest: NewPullRequest | undefined;
  /** The ids of the users whom it is shared with. */
  readonly viewers = new Set<string>();
  /** The chats of the helpers that its agent has called in. */
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

  /** The texts that the agent got as turns, in order, without the prompt. `at` is in ms since the epoch. */
  get inputs(): readonly { at: number; text: string }[] {
    return this.turns.messages
      .filter(({ id, role }) => role === "user" && id !== this.#firstMessage)
      .map(({ createdAt, content }) => ({ at: Date.parse(createdAt), text: textOf(content) }));
  }

  /** The texts that wait for their turn, the next one first. */
  get queued(): readonly string[] {
    return this.turns.queue.map(({ content }) => textOf(content));
  }

  /** Lets the agent call in a helper, which works in a chat of its own. */
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

  /** Keeps the agent busy until `release`, in this turn and all that follow it; an idle chat becomes busy. */
  holdBusy(): void {
    this.turns.hold();
  }

  /** Ends the turn now, or the interrupt of one. What is queued follows. */
  release(): void {
    this.turns.release();
  }

  /** Ends the turn with an error. The queue stays; the next message is another try. */
  failTurn({ message, ...rest }: Partial<ChatError> = {}): void {
    this.turns.fail({ message: message ?? "The turn failed.", kind: "generic", retryable: false, ...rest });
  }

  /** Lets the agent wait for its client to run a tool. */
  requireAction(): void {
    this.turns.requireAction();
  }

  /** Lets the git sync find this pull request, or none any more. */
  setPullRequest(pullRequest: NewPullRequest | undefined): void {
    this.pullRequest = pullRequest;
    this.turns.touch();
  }

  setSummary(lastTurn: string | null, whole: string | null = this.summary): void {
    this.lastTurnSummary = lastTurn;
    this.summary = whole;
    this.turns.touch();
  }

  /** Removes it for good: it is a 404 from now on. */
  purge(): void {
    this.turns.halt();
    this.purged = true;
  }
}
