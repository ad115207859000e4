import type { Octokit } from "@octokit/core";
import { isRefusal } from "../model/errors.js";
import type { Person } from "../model/event.js";

/** Who has a login now; `undefined` where nobody has. */
export async function findAccount(octokit: Octokit, login: string): Promise<Person | undefined> {
  return orNobody(async () => {
    const { data } = await octokit.request("GET /users/{username}", { username: login });
    return { id: Number(data.id), login: data.login, type: data.type };
  });
}

/** What an account is called now; `undefined` where it is gone. */
export async function findLogin(octokit: Octokit, id: number): Promise<string | undefined> {
  return orNobody(async () => {
    const { data } = await octokit.request("GET /user/{account_id}", { account_id: id });
    return data.login;
  });
}

/** The id of the account that has a login and that the App is installed on, a user's or an organization's. */
export async function findInstalledAccount(octokit: Octokit, login: string): Promise<number | undefined> {
  return orNobody(async () => {
    // Octokit speaks as the App itself here, and below. In spite of its path, this one takes organizations too.
    const { data } = await octokit.request("GET /users/{username}/installation", { username: login });
    return data.account ? Number(data.account.id) : undefined;
  });
}

/** The id of the account that owns the App. */
export async function findAppOwner(octokit: Octokit): Promise<number | undefined> {
  const { data } = await octokit.request("GET /app");
  return data?.owner ? Number(data.owner.id) : undefined;
}

async function orNobody<Found>(look: () => Promise<Found>): Promise<Found | undefined> {
  try {
    return await look();
  } catch (error) {
    if (isRefusal(error, 404)) return undefined;
    throw error;
  }
}
