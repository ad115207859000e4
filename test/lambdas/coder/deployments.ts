import type { CreationPatience } from "../../../lambdas/coder/chats/chat-creation.js";
import { CoderClient } from "../../../lambdas/coder/client.js";
import { Coder } from "../../../lambdas/coder/coder.js";
import { TaskMarks } from "../../../lambdas/coder/mark.js";
import type { CoderBackend, CoderTask, TaskSpecification } from "../../../lambdas/coder/port.js";
import type { Person } from "../../../lambdas/model/event.js";
import type { TaskLocation } from "../../../lambdas/model/record.js";
import type { WorkIdentity } from "../../../lambdas/model/work.js";
import type { CoderSettings } from "../../../lambdas/runtime/environment.js";
import type { FakeUser } from "../../../local/fake-coder/api/user.js";
import { FakeCoder, type FakeCoderOptions } from "../../../local/fake-coder/fake-coder.js";

export const mona: Person = { id: 583231, login: "mona", type: "User" };

export const issue: WorkIdentity = {
  repositoryId: 4711,
  work: "5",
  reference: "octo/app#5",
  url: "https://github.com/octo/app/issues/5",
};

/** The marks of a stack whose secret has this value. */
export function marksOf(secret: string): TaskMarks {
  return new TaskMarks({ values: async () => [secret], reread: async () => undefined, expire: () => {} });
}
export const marks = marksOf("0123456789abcdef".repeat(4));

/** A Coder deployment for an adapter, and direct access to it for tests. */
export class Deployment {
  private constructor(
    readonly fake: FakeCoder,
    readonly coder: Coder,
    readonly monaInCoder: FakeUser,
  ) {}

  static async start(
    options: FakeCoderOptions,
    settings: Partial<CoderSettings> = {},
    patience?: CreationPatience,
  ): Promise<Deployment> {
    const fake = new FakeCoder(options);
    await fake.listen();
    const monaInCoder = fake.addUser({ username: "mona-c", githubId: mona.id });
    fake.addTemplate({ name: "task-template", presets: [{ name: "small", default: true }] });
    const coder = connect(fake.url, fake.token, settings, patience);
    return new Deployment(fake, coder, monaInCoder);
  }

  close(): Promise<void> {
    return this.fake.close();
  }

  /** The agent of the issue's task. */
  get agent() {
    const [agent] = [...this.fake.tasks(), ...this.fake.chats()];
    if (!agent) throw new Error("there is no task");
    return agent;
  }

  /** The number of agents that a user would see. */
  get count(): number {
    return this.fake.tasks().length + this.fake.chats().length;
  }

  /** Removes the task directly, without the relay. */
  async lose(): Promise<void> {
    for (const chat of this.fake.chats()) chat.purge();
    for (const { owner, id } of this.fake.tasks()) {
      const headers = { "Coder-Session-Token": this.fake.token };
      await fetch(`${this.fake.url}/api/v2/tasks/${owner}/${id}`, { method: "DELETE", headers });
    }
  }
}

export function connect(
  url: string,
  token: string,
  settings: Partial<CoderSettings> = {},
  patience?: CreationPatience,
): Coder {
  const all: CoderSettings = {
    CODER_TOKEN_SECRET_ARN: "coderToken",
    TASK_MARK_SECRET_ARN: "taskMark",
    CODER_URL: url,
    CODER_BACKEND: "auto",
    CODER_CHAT_IDENTITY: "bot",
    CODER_ORGANIZATION: "default",
    CODER_TASK_NAME_PREFIX: "gh",
    CODER_TEMPLATE_NAME: undefined,
    CODER_FACTORY_TEMPLATE: "code-factory",
    CODER_TEMPLATE_PRESET: undefined,
    CODER_USER_MAP: new Map(),
    GITHUB_API_URL: "https://api.github.com",
    ...settings,
  };
  return new Coder(new CoderClient(url, token), all, marks, patience);
}

type Made = Pick<TaskLocation, "workspaceId" | "workspaceAskedAt">;

/** The request that `create-task` makes, with a log of its callbacks. */
export async function specified(
  backend: CoderBackend,
  changes: Partial<TaskSpecification> = {},
): Promise<TaskSpecification & { noted: Made[] }> {
  const noted: Made[] = [];
  return {
    owner: await backend.ownerOf(mona),
    name: "gh-app-5",
    displayName: "Fix the parser",
    prompt: issue.url,
    delivery: "a-delivery",
    factory: null,
    work: issue,
    note: async (made) => {
      noted.push(made);
    },
    noted,
    ...changes,
  };
}

/** Creates the issue's task. Throws if that does not succeed. */
export async function create(backend: CoderBackend): Promise<CoderTask> {
  const task = await (await backend.prepare(null))(await specified(backend));
  if (typeof task === "string") throw new Error(`the name is ${task}`);
  return task;
}
