import { ChatsForbiddenError } from "../model/errors.js";
import type { Person } from "../model/event.js";
import { type Backend, backends, type TaskLocation } from "../model/record.js";
import type { WorkIdentity } from "../model/work.js";
import type { CoderSettings } from "../runtime/environment.js";
import { ApiProbe } from "./api-probe.js";
import type { CreationPatience } from "./chats/chat-creation.js";
import { ChatsBackend } from "./chats-backend.js";
import type { CoderClient } from "./client.js";
import { CoderDirectory } from "./directory.js";
import type { TaskMarks } from "./mark.js";
import type { CoderBackend, CoderTask } from "./port.js";
import { TasksBackend } from "./tasks-backend.js";

/**
 * One Coder deployment with its backends. Which of them new tasks are made on is looked up once per container,
 * and again once a path turned out to be missing. A task stays on the one that it was made on, so that both
 * serve during a move.
 */
export class Coder {
  readonly #probe: ApiProbe;
  readonly #backends: Record<Backend, CoderBackend>;

  constructor(
    client: CoderClient,
    readonly settings: CoderSettings,
    readonly marks: TaskMarks,
    patience?: CreationPatience,
  ) {
    this.#probe = new ApiProbe(client);
    const directory = new CoderDirectory(client, settings);
    this.#backends = {
      tasks: new TasksBackend(client, directory, this.#probe, marks),
      chats: new ChatsBackend(client, directory, settings, this.#probe, marks, patience),
    };
  }

  /** The backend that a task was made on, whether or not Coder still has it. */
  backendOf({ backend }: Pick<TaskLocation, "backend">): CoderBackend {
    return this.#backends[backend];
  }

  /**
   * The backend for new tasks: that of `CODER_BACKEND`, else Tasks where Coder has them, else Chats. Throws a
   * `NoTaskApiError` where there is none.
   */
  async preferred(): Promise<CoderBackend> {
    const wanted = this.settings.CODER_BACKEND;
    for (const api of wanted === "auto" ? backends : [wanted]) {
      if (await this.#probe.has(api)) return this.#backends[api];
    }
    throw await this.#probe.noneOf(wanted);
  }

  /** The task of an issue whose record is lost, on whichever backend it is. */
  async search(work: WorkIdentity, sender: Person): Promise<CoderTask | undefined> {
    for (const api of backends) {
      const isUsable = await this.#probe.has(api).catch((error: unknown) => {
        // What the token's user may not use holds nothing that the relay has made.
        if (error instanceof ChatsForbiddenError) return false;
        throw error;
      });
      const found = isUsable ? await this.#backends[api].search(work, sender) : undefined;
      if (found) return found;
    }
    return undefined;
  }
}
