import { type RedeliveryRun, redeliverLost } from "../healing/redelivery.js";

/** Redelivers the deliveries that failed. EventBridge Scheduler calls it. */
export async function handler(): Promise<RedeliveryRun> {
  return redeliverLost();
}
