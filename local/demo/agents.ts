import type { FakeChat } from "../fake-coder/chats/chat.js";
import type { FakeCoder, FakeCoderOptions } from "../fake-coder/fake-coder.js";
import type { FakeTask } from "../fake-coder/tasks/fake-task.js";

/** Which of Coder's APIs the demo plays with. */
export type CoderApi = "tasks" | "chats";

/** What `--coder` can be: an API of a version of Coder that has it, and of an older one that has it differently. */
export const coders = {
  tasks: { api: "tasks", coder: { version: "2.34" } },
  chats: { api: "chats", coder: { version: "2.38" } },
  "tasks-2.30": { api: "tasks", coder: { version: "2.30" } },
  "chats-2.35": { api: "chats", coder: { version: "2.35", tasks: false, stringErrors: true } },
} as const satisfies Record<string, { api: CoderApi; coder: FakeCoderOptions }>;
export type CoderName = keyof typeof coders;

/** What the demo wants to know of an agent, whatever Coder calls it. */
export interface AgentView {
  /** A task's name, a chat's target. */
  name: string;
  owner: string;
  /** Its first words, without the mark that the relay ends those of a task with. */
  prompt: string;
  status: string;
}

/** The agents of a fake Coder. */
export interface Agents {
  all(): AgentView[];
  /** The texts that they were given, after the first. */
  inputs(): string[];
  /** Lets them work until they are released. */
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
