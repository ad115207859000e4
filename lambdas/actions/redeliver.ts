import { type RedeliveryRun, redeliverLost } from "../healing/redelivery.js";

/** Redelivers what GitHub could not deliver. EventBridge Scheduler calls it. */
export async function handler(): Promise<RedeliveryRun> {
  return redeliverLost();
}
