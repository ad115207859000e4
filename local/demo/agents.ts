import type { FakeChat } from "../fake-coder/chats/chat.js";
import type { FakeCoder, FakeCoderOptions } from "../fake-coder/fake-coder.js";
import type { FakeTask } from "../fake-coder/tasks/fake-task.js";

/** The Coder API that the demo uses. */
export type CoderApi = "tasks" | "chats";

/** The values of `--coder`: each API, in a current version of Coder and in an older one that behaves differently. */
export const coders = {
  tasks: { api: "tasks", coder: { version: "2.34" } },
  chats: { api: "chats", coder: { version: "2.38" } },
  "tasks-2.30": { api: "tasks", coder: { version: "2.30" } },
  "chats-2.35": { api: "chats", coder: { version: "2.35", tasks: false, stringErrors: true } },
} as const satisfies Record<string, { api: CoderApi; coder: FakeCoderOptions }>;
export type CoderName = keyof typeof coders;

/** The demo's view of an agent, for both of Coder's APIs. */
export interface AgentView {
  /** A task's name or a chat's target. */
  name: string;
  owner: string;
  /** Its first prompt, without the marker that the relay appends to a task's prompt. */
  prompt: string;
  status: string;
}

/** The agents of a fake Coder. */
export interface Agents {
  all(): AgentView[];
  /** The texts that the agents got after their first prompt. */
  inputs(): string[];
  /** Keeps the agents busy until `release`. */
  hold(): void;
  release(): void;
}

export function agentsOf(coder: FakeCoder, api: CoderApi): Agents {
  const agents: () => readonly (FakeTask | FakeChat)[] = () =>
    api === "tasks" ? coder.tasks() : coder.chats();
  return {
    all: () => agents().map(viewOf),
    inputs: () => agents().flatMap(({ inputs }) => inputs.map(({ text }) => text)),
    hold: () => agents().forEach((agent) => void agent.holdBusy()),
    release: () => agents().forEach((agent) => void agent.release()),
  };
}

function viewOf(agent: FakeTask | FakeChat): AgentView {
  const { owner, status } = agent;
  return "labels" in agent
    ? { name: agent.labels["relay-target"] ?? agent.title, owner, prompt: agent.prompt, status }
    : { name: agent.name, owner, prompt: withoutMark(agent.initialPrompt), status };
}

function withoutMark(prompt: string): string {
  return prompt.replace(/\s*\[relay task-[0-9a-f]+\]$/, "");
}
