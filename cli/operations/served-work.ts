import * as z from "zod/mini";
import { connectGitHub } from "../../lambdas/github/app.js";
import { Destinations } from "../../lambdas/healing/destinations.js";
import { ReadOnlyTaskStore } from "../../lambdas/healing/read-only.js";
import { workEventSchema } from "../../lambdas/model/event.js";
import { taskKeySchema } from "../../lambdas/model/flow-input.js";
import { issueKey, type TaskKey, taskKey } from "../../lambdas/model/record.js";
import { eventSchema } from "../../lambdas/model/relay-event.js";

/** The input of a run: the inbox that it drains, the task that it follows, or an event. */
const inputSchema = z.union([
  z.object({ drain: taskKeySchema }),
  z.object({ follow: taskKeySchema }),
  z.object({ event: z.union([workEventSchema, eventSchema]) }),
]);
type GivenEvent = Extract<z.output<typeof inputSchema>, { event: unknown }>["event"];

/** The result of its state "Find task" or "Claim work". */
const foundSchema = z.union([
  z.pipe(
    z.object({ task: z.object({ key: z.nullable(taskKeySchema) }) }),
    z.transform(({ task }) => task),
  ),
  z.pipe(
    z.object({ claim: z.object({ key: taskKeySchema }) }),
    z.transform(({ claim }) => claim),
  ),
]);

/** Decides which runs serve one piece of work. */
export class ServedWork {
  /** The work of the pull request that a delivery is about. Cached, so each run asks GitHub only once. */
  readonly #ofPulls = new Map<string, Promise<TaskKey | undefined>>();

  constructor(private readonly key: TaskKey) {}

  /**
   * Whether a run serves the work. `states` contains the JSON inputs of its states, newest first, and at the end the
   * run's own input. `undefined`: it is not known yet, because the run itself has to find out.
   */
  async isServedBy(states: readonly string[]): Promise<boolean | undefined> {
    const input = z.safeParse(inputSchema, JSON.parse(states.at(-1) ?? "{}")).data;
    if (input === undefined) return false;
    if (!("event" in input)) return this.#isIt("drain" in input ? input.drain : input.follow);
    const { event } = input;
    const own = ownWork(event);
    if (this.#isIt(own)) return true;
    for (const state of states) {
      const found = z.safeParse(foundSchema, JSON.parse(state)).data;
      if (found) return this.#isIt(found.key);
    }
    // An issue's task can take up a pull request that closes the issue.
    const isGivenPull = "issue" in event && event.issue.ask !== undefined;
    return own && !isGivenPull ? false : this.#isServedByPull(event);
  }

  async #isServedByPull(event: GivenEvent): Promise<boolean | undefined> {
    if (!("repository" in event) || !("sender" in event) || event.type === "config_push") return false;
    if ("moved" in event && "branch" in event.moved) return false;
    const known = this.#ofPulls.get(event.delivery) ?? workOfPull(event);
    this.#ofPulls.set(event.delivery, known);
    return this.#isIt(await known) || undefined;
  }

  /** Compares only numbers, because issues and pull requests share them. */
  #isIt(key: TaskKey | null | undefined): boolean {
    const bare = ({ work }: TaskKey) => work.replace(/^pull#/, "");
    return key?.repositoryId === this.key.repositoryId && bare(key) === bare(this.key);
  }
}

/** The work that an event itself names. */
function ownWork(event: GivenEvent): TaskKey | undefined {
  if ("issue" in event || "job" in event || event.type === "branch_failed") return taskKey(event);
  const isOnIssue = "subject" in event && event.subject.kind === "issue";
  return isOnIssue ? issueKey(event.repository.id, event.subject.number) : undefined;
}

type PullEvent = Parameters<Destinations["ofPull"]>[0];

/**
 * The work of an event's pull request, according to GitHub now; `undefined` if the event names none or GitHub doesn't
 * answer.
 */
async function workOfPull(event: PullEvent): Promise<TaskKey | undefined> {
  const number = numberOf(event);
  if (number === undefined) return undefined;
  try {
    const octokit = (await connectGitHub()).installation(event.installation);
    return await new Destinations({ octokit, store: new ReadOnlyTaskStore() }).ofPull(event, number);
  } catch {
    // The run itself will find it a little later.
    return undefined;
  }
}

function numberOf(event: PullEvent): number | undefined {
  if ("issue" in event) return event.issue.number;
  if ("subject" in event) return event.subject.number;
  if ("pull" in event) return event.pull.number;
  if ("moved" in event) return "pull" in event.moved ? event.moved.pull : undefined;
  return "run" in event ? event.run.pulls[0] : undefined;
}
