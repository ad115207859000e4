import * as z from "zod/mini";
import { getAsApp } from "./as-app.js";

const installationsSchema = z.array(
  z.object({
    id: z.int(),
    account: z.nullish(z.object({ id: z.optional(z.int()), login: z.optional(z.string()) })),
    suspended_at: z.nullish(z.string()),
  }),
);

/** An installation of the App, on the account of a user or an organization. */
export interface Installation {
  id: number;
  account: { id: number; login: string };
}

/** The maximum length of a page. */
const perPage = 100;

/**
 * All installations of the App that are not suspended, by their ids. Installations on enterprises are left out, because
 * they have no repositories.
 */
export async function listInstallations(): Promise<Installation[]> {
  const found: Installation[] = [];
  for (let page = 1; ; page++) {
    const list =
      (await getAsApp(`/app/installations?per_page=${perPage}&page=${page}`, installationsSchema)) ?? [];
    for (const { id, account, suspended_at: suspendedAt } of list) {
      if (!suspendedAt && account?.id !== undefined && account.login !== undefined) {
        found.push({ id, account: { id: account.id, login: account.login } });
      }
    }
    if (list.length < perPage) return found.sort((a, b) => a.id - b.id);
  }
}
