import type { Lease } from "../aws/lease.js";

/** Longer than its holder may run (`infra/definition/actions.ts`). */
const ms = 250_000;

const of = "this repository's config";

/** The lease of a repository's schedules: only its holder may change them. */
export function schedulesLease(repositoryId: number): Lease {
  return { key: { pk: `config#${repositoryId}`, sk: "schedules" }, ms, of };
}

/** The lease of one commit's check run. */
export function checkLease(repositoryId: number, sha: string): Lease {
  return { key: { pk: `config#${repositoryId}`, sk: `check#${sha}` }, ms, of };
}
