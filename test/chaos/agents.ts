import type { FakeChat } from "../../local/fake-coder/chats/chat.js";
import type { FakeCoder } from "../../local/fake-coder/fake-coder.js";
import type { FakeTask } from "../../local/fake-coder/tasks/fake-task.js";
import type { Issue } from "../../local/fake-github/issues/issues.js";

/** An agent, on whichever of Coder's APIs it is. */
export interface Agent {
  id: string;
  /** For people: its name and state. */
  name: string;
  workspaceId: string | undefined;
  /** It takes a message. */
  isReady: boolean;
  /** It does nothing until it is resumed, or gets a message. */
  isResting: boolean;
  /** Its task was deleted, or its chat archived. */
  isEnded: boolean;
  /** What it was told, without its first prompt. */
  texts: string[];
}

/** All agents that an issue has or had. */
export function agentsOf(coder: FakeCoder, { repo, number }: Issue): Agent[] {
  const url = new RegExp(`/${repo.name}/issues/${number}(?!\\d)`);
  const tasks = [...coder.tasks(), ...coder.deletedTasks()];
  const chats = [...coder.chats(), ...coder.archivedChats()];
  return [
    ...tasks.filter(({ initialPrompt }) => url.test(initialPrompt)).map(ofTask),
    ...chats.filter(({ prompt }) => url.test(prompt)).map(ofChat),
  ];
}

function ofTask({ id, name, workspace, deletedAt, status, inputs }: FakeTask): Agent {
  return {
    id,
    name: `${name} (${status})`,
    workspaceId: workspace.id,
    isReady: status === "active",
    isResting: status === "paused",
    isEnded: deletedAt !== undefined,
    texts: textsOf(inputs),
  };
}

function ofChat({ id, workspaceId, archived, status, queued, inputs }: FakeChat): Agent {
  const isAtRest = status === "waiting" && queued.length === 0;
  return {
    id,
    name: `${id} (${status}, ${queued.length} messages queued)`,
    workspaceId,
    isReady: isAtRest,
    isResting: isAtRest,
    isEnded: archived,
    texts: textsOf(inputs),
  };
}

const textsOf = (inputs: readonly { text: string }[]) => inputs.map(({ text }) => text);
