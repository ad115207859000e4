import type { FakeChat } from "../fake-coder/chat.js";
import type { FakeCoder } from "../fake-coder/fake-coder.js";
import type { FakeTask } from "../fake-coder/fake-task.js";

/** Which of Coder's APIs the demo plays with, and the version that has it. */
export const coderVersions = { tasks: "2.34", chats: "2.38" } as const;
export type CoderApi = keyof typeof coderVersions;

/** What the demo wants to know of an agent, whatever Coder calls it. */
export interface AgentView {
  /** A task's name, a chat's target. */
  name: string;
  owner: string;
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
    : { name: agent.name, owner, prompt: agent.initialPrompt, status };
}
