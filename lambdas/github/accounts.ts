import type { Octokit } from "@octokit/core";
import { isRefusal } from "../model/errors.js";
import type { Person } from "../model/event.js";

/** These take the webhook's lean client too (`lean-app.ts`). */

/** Who has a login now; `undefined` if nobody has. */
export async function findAccount(octokit: Octokit, login: string): Promise<Person | undefined> {
  return undefinedIfMissing(async () => {
    const { data } = await octokit.request("GET /users/{username}", { username: login });
    return { id: Number(data.id), login: data.login, type: data.type };
  });
}

/** What an account is called now; `undefined` if it is gone. */
export async function findLogin(octokit: Octokit, id: number): Promise<string | undefined> {
  return undefinedIfMissing(async () => {
    const { data } = await octokit.request("GET /user/{account_id}", { account_id: id });
    return data.login;
  });
}

/** The id of the account that has a login and that the App is installed on, a user's or an organization's. */
export async function findInstalledAccount(octokit: Octokit, login: string): Promise<number | undefined> {
  return undefinedIfMissing(async () => {
    // Octokit authenticates as the App itself here and below. In spite of its path, this one takes organizations too.
    const { data } = await octokit.request("GET /users/{username}/installation", { username: login });
    return data.account ? Number(data.account.id) : undefined;
  });
}

/** What GitHub says of the App itself: its name in URLs, and the id of the account that owns it. */
export async function findApp(octokit: Octokit): Promise<{ slug?: string; ownerId?: number }> {
  const { data } = await octokit.request("GET /app");
  return {
    ...(data?.slug !== undefined && { slug: data.slug }),
    ...(data?.owner && { ownerId: Number(data.owner.id) }),
  };
}

async function undefinedIfMissing<Found>(find: () => Promise<Found>): Promise<Found | undefined> {
  try {
    return await find();
  } catch (error) {
    if (isRefusal(error, 404)) return undefined;
    throw error;
  }
}
