import type { FakeChat } from "../../local/fake-coder/chats/chat.js";
import type { FakeCoder } from "../../local/fake-coder/fake-coder.js";
import type { FakeTask } from "../../local/fake-coder/tasks/fake-task.js";
import type { Issue } from "../../local/fake-github/issues/issues.js";

/** An agent, on either of Coder's APIs. */
export interface Agent {
  id: string;
  /** Its name and state, for the report. */
  name: string;
  workspaceId: string | undefined;
  /** Whether it can take a message. */
  isReady: boolean;
  /** Whether it does nothing until it is resumed or gets a message. */
  isResting: boolean;
  /** Whether its task was deleted or its chat archived. */
  isEnded: boolean;
  /** The messages that it got, without its first prompt. */
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
