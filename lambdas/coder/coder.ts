import { ChatsForbiddenError } from "../model/errors.js";
import type { Person } from "../model/event.js";
import { type Backend, backends, type TaskLocation } from "../model/record.js";
import type { WorkIdentity } from "../model/work.js";
import type { CoderSettings } from "../runtime/environment.js";
import { ApiProbe } from "./api-probe.js";
import type { CreationPatience } from "./chats/chat-creation.js";
import { ChatsBackend } from "./chats/chats-backend.js";
import type { CoderClient } from "./client.js";
import type { TaskMarks } from "./mark.js";
import type { CoderBackend, CoderTask } from "./port.js";
import { TasksBackend } from "./tasks/tasks-backend.js";
import { CoderTemplates } from "./templates.js";
import { CoderUsers } from "./users.js";

/**
 * One Coder deployment with its backends. Which of them creates new tasks is looked up once per container, and again if a
 * path turns out to be missing. A task stays on the backend that created it, so during a move both are in use.
 */
export class Coder {
  readonly #probe: ApiProbe;
  readonly #backends: Record<Backend, CoderBackend>;
  /** The APIs that new tasks may use, the first choice first. */
  readonly #choices: readonly [Backend, ...Backend[]];
  #likely: CoderBackend;

  constructor(
    client: CoderClient,
    readonly settings: CoderSettings,
    readonly marks: TaskMarks,
    patience?: CreationPatience,
  ) {
    this.#probe = new ApiProbe(client);
    const users = new CoderUsers(client, settings);
    const templates = new CoderTemplates(client, settings);
    this.#backends = {
      tasks: new TasksBackend(client, users, templates, this.#probe, marks),
      chats: new ChatsBackend(client, users, templates, settings, this.#probe, marks, patience),
    };
    const { CODER_BACKEND: wanted } = settings;
    this.#choices = wanted === "auto" ? backends : [wanted];
    this.#likely = this.#backends[this.#choices[0]];
  }

  /** The backend that created a task, even if Coder no longer has its API. */
  backendOf({ backend }: Pick<TaskLocation, "backend">): CoderBackend {
    return this.#backends[backend];
  }

  /**
   * The backend for new tasks: the one that `CODER_BACKEND` names; by default Tasks if Coder has them, otherwise Chats.
   * Throws a `NoTaskApiError` if there is none.
   */
  async preferred(): Promise<CoderBackend> {
    for (const api of this.#choices) {
      if (!(await this.#probe.has(api))) continue;
      this.#likely = this.#backends[api];
      return this.#likely;
    }
    throw await this.#probe.missingApiError(this.settings.CODER_BACKEND);
  }

  /**
   * A guess at the result of `preferred` that doesn't ask Coder: its last answer, or else the backend that it tries
   * first.
   */
  get likely(): CoderBackend {
    return this.#likely;
  }

  /** The task of an issue whose record is lost, on either backend. */
  async search(work: WorkIdentity, sender: Person): Promise<CoderTask | undefined> {
    for (const api of backends) {
      const isUsable = await this.#probe.has(api).catch((error: unknown) => {
        // The token's user can't have created anything with an API that it may not use.
        if (error instanceof ChatsForbiddenError) return false;
        throw error;
      });
      const found = isUsable ? await this.#backends[api].search(work, sender) : undefined;
      if (found) return found;
    }
    return undefined;
  }
}
