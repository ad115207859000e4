import * as z from "zod/mini";
import { isServedAsKnown } from "../accounts/served.js";
import { connectCoder } from "../coder/connect.js";
import { TaskBusyError } from "../model/errors.js";
import { type StartingEvent, startingEventSchema } from "../model/event.js";
import { claimedSchema, parseInput } from "../model/flow-input.js";
import { planSchema } from "../model/plan.js";
import { type TaskRecord, taskKey } from "../model/record.js";
import { workReference } from "../model/work.js";
import { log } from "../runtime/log.js";
import { type Creation, superseded, TaskCreation } from "../tasks/creation.js";
import { TaskStore } from "../tasks/store.js";

const inputSchema = z.extend(claimedSchema, {
  event: startingEventSchema,
  plan: planSchema,
  /** The ARN of the execution; runs that were started before it was passed have none. */
  execution: z.optional(z.string()),
});

const store = new TaskStore();

/**
 * Ensures that the work has its one task: finds it, resumes it if it is paused, or creates it. It can be run again,
 * and beside itself: the execution that holds the claim in the record is the only one at it.
 */
export async function handler(input: unknown): Promise<Creation> {
  const { event, intent, plan, execution } = parseInput(inputSchema, input);
  const { owner, ownerId } = event.repository;
  // This run may have been redriven: the account that was served when it began may not be any more.
  if (ownerId !== undefined && !(await isServedAsKnown({ id: ownerId, login: owner }))) {
    log.warn("The account is not served", { event: event.type, account: owner });
    return superseded(await store.get(taskKey(event)));
  }
  const creation = await alone(
    event,
    intent,
    execution ?? event.delivery,
    async (record) => new TaskCreation(store, await connectCoder(), event, intent, plan, record),
  );
  return creation.outcome === "superseded" && (await isNews(event))
    ? { ...creation, outcome: "existing" }
    : creation;
}

/** Creates under a claim, so that two executions at once do not create two tasks, or two agents in one workspace. */
async function alone(
  event: StartingEvent,
  intent: number,
  holder: string,
  begin: (record: TaskRecord) => Promise<TaskCreation>,
): Promise<Creation> {
  const key = taskKey(event);
  const isClaimed = await store.claimCreation(intent, key, holder);
  const record = await store.get(key);
  if (record?.intent !== intent) {
    if (isClaimed) await store.releaseCreation(key, holder);
    return superseded(record);
  }
  if (!isClaimed) {
    throw new TaskBusyError(`Another run is creating the task of ${workReference(event)}. It is waited for.`);
  }
  let creation: TaskCreation | undefined;
  try {
    creation = await begin(record);
    return await creation.run();
  } finally {
    // A task that may still appear keeps others out until the claim expires; a retry of this run holds it.
    if (!creation?.isInDoubt) await store.releaseCreation(key, holder);
  }
}

/** Of failed runs that come at once, an older one may be claimed last: the task hears of the newest all the same. */
async function isNews(event: StartingEvent): Promise<boolean> {
  if (event.type !== "branch_failed") return false;
  const source = (await store.get(taskKey(event)))?.source;
  if (source === undefined || !("run" in source)) return false;
  const { id, attempt } = source.run;
  return event.run.id > id || (event.run.id === id && event.run.attempt > attempt);
}
