import { connectCoder } from "../coder/connect.js";
import { Inbox } from "../inbox/inbox.js";
import { mayWait } from "../inbox/meta.js";
import type { TaskView } from "../model/phase.js";
import type { Backend, TaskKey, TaskRecord } from "../model/record.js";
import { errorName, log } from "../runtime/log.js";
import type { SourcedRecord } from "../status/mention.js";
import { announceTurn } from "../status/progress.js";
import { turnState } from "../tasks/follow.js";
import type { TaskStore } from "../tasks/store.js";

type Views = ReadonlyMap<string, TaskView>;

/**
 * The turns of agents that no execution follows, because their backend shows the states of all tasks in one request. That
 * request is made once per run, and only if such an agent is checked.
 */
export class Turns {
  readonly #views = new Map<Backend, Promise<Views>>();

  constructor(
    private readonly store: TaskStore,
    /** An agent may report for a moment that it is idle, although it is still working. */
    private readonly settledMs: number,
  ) {}

  /** Says in the status comment that the agent's turn is over, or that it works again, and returns the record after that. */
  async sync(key: TaskKey, record: SourcedRecord): Promise<SourcedRecord> {
    const view = (await this.#viewsFor(record))?.get(record.task?.id ?? "");
    // An agent that reports no state may be working or idle.
    const state = !view || view.silent ? undefined : turnState(view);
    if (!view || state === undefined) return record;
    const report = view.report ?? "";
    const isKnown = state === record.status?.state;
    // A working agent's report is shown at the end of its turn.
    if (isKnown && (state === "running" || report === (record.report ?? ""))) return record;
    if (state === "waiting" && Date.now() - (view.since ?? 0) < this.settledMs) return record;
    // The next message is about to be sent.
    if (state === "waiting" && mayWait(await new Inbox(key).meta.read())) return record;
    await announceTurn(this.store, record, { state, report }, { holder: "attend" });
    const now = await this.store.get(key);
    return now?.source ? { ...now, source: now.source } : record;
  }

  /** Whether only this class will see the end of the agent's turn. */
  async isAwaited(record: TaskRecord): Promise<boolean> {
    return record.status?.state === "running" && (await this.#viewsFor(record)) !== undefined;
  }

  async #viewsFor({ wanted, status, task }: TaskRecord): Promise<Views | undefined> {
    const { state } = status ?? {};
    if (!wanted || task?.id === undefined || (state !== "running" && state !== "waiting")) return undefined;
    const backend = (await connectCoder()).backendOf(task);
    if (!backend.views) return undefined;
    const views = this.#views.get(task.backend) ?? backend.views().catch(unseen);
    this.#views.set(task.backend, views);
    return views;
  }
}

/** Without Coder's answer, people are still told about what is in the records. */
function unseen(error: unknown): Views {
  log.warn("Coder does not show its tasks", { error: errorName(error) });
  return new Map();
}
