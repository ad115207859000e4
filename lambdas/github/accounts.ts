import type { Octokit } from "@octokit/core";
import { isRefusal } from "../model/errors.js";
import type { Person } from "../model/event.js";

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

async function undefinedIfMissing<Found>(find: () => Promise<Found>): Promise<Found | undefined> {
  try {
    return await find();
  } catch (error) {
    if (isRefusal(error, 404)) return undefined;
    throw error;
  }
}
