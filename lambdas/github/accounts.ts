import type { Octokit } from "@octokit/core";
import { isRefusal } from "../model/errors.js";
import type { Person } from "../model/event.js";

/** The account that has a login now; `undefined` if there is none. */
export async function findAccount(octokit: Octokit, login: string): Promise<Person | undefined> {
  return undefinedIfMissing(async () => {
    const { data } = await octokit.request("GET /users/{username}", { username: login });
    return { id: Number(data.id), login: data.login, type: data.type };
  });
}

/** The current login of an account; `undefined` if the account is gone. */
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
