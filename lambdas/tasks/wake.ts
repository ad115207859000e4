import { drainName, startExecution } from "../aws/start-execution.js";
import { Inbox } from "../inbox/inbox.js";
import { TransientError } from "../model/errors.js";
import type { TaskKey } from "../model/record.js";
import type { TaskStore } from "./store.js";

/** ARN of the state machine `drain-inbox`, and the store of the records. */
export interface DrainStarter {
  drainFlow: string;
  store: TaskStore;
}

/**
 * Ensures that a drain runs if something waits for a task. One runs at a time: its name holds the generation of
 * the inbox, and Step Functions starts no second one of that name. If the name is closed although its generation is
 * in force, that drain has failed, and the next generation takes over. Resolves to the drain's name, or to "".
 */
export async function wakeDrain({ drainFlow, store }: DrainStarter, key: TaskKey): Promise<string> {
  const record = await store.get(key);
  const inbox = new Inbox(key);
  // One that is still being created is told by the run that creates it.
  if (record?.task?.id === undefined || record.wanted === false || !(await inbox.hasWaiting())) return "";

  for (let attempt = 0; attempt < 10; attempt++) {
    const { generation } = await inbox.state();
    const name = drainName(key, generation);
    const start = await startExecution(drainFlow, name, { drain: { ...key, generation } });
    if (start !== "closed") return name;
    await inbox.replaceDrain(generation);
  }
  throw new TransientError("No drain could be started: each one was over at once. It is retried.");
}
