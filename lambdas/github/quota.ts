import type { Octokit } from "@octokit/rest";
import { isRefusal } from "../model/errors.js";

/** The share of an installation's hourly requests that is reserved for the flows. */
const reserve = 0.2;

/**
 * Whether an installation has requests to spare. This request itself is free. An Enterprise Server may have no limits
 * (404).
 */
export async function hasQuota(octokit: Octokit): Promise<boolean> {
  try {
    const { resources } = (await octokit.rest.rateLimit.get()).data;
    return [resources.core, resources.graphql].every(
      (quota) => quota === undefined || quota.remaining >= quota.limit * reserve,
    );
  } catch (error) {
    if (isRefusal(error, 404)) return true;
    throw error;
  }
}
