import type { By } from "../repositories/happenings.js";
import type { RepositoryRef } from "../repositories/repository.js";

/** By path. */
export type Files = ReadonlyMap<string, Buffer>;

export interface NewPush extends By {
  repo: RepositoryRef;
  /** Default: the default branch. */
  branch?: string;
  /** Where a new branch starts: a branch, or a commit of any repository. Default: empty. */
  from?: string;
  /** New texts by path. */
  files?: Record<string, string | Buffer>;
  /** The changes of the commits, the oldest first. Default: one commit that adds or modifies `files`. */
  commits?: { message?: string; added?: string[]; modified?: string[]; removed?: string[] }[];
  /** A force push: the branch's history is replaced by `from` plus the changes. */
  forced?: boolean;
  /** The branch is forwarded to the commit of `from`. */
  forwarded?: boolean;
  /** The push deletes the branch. */
  deleted?: boolean;
}

/** The commit that adds or modifies these files. */
export function changeOf(old: Files, files: Record<string, string | Buffer>) {
  const paths = Object.keys(files);
  return {
    added: paths.filter((path) => !old.has(path)),
    modified: paths.filter((path) => old.has(path)),
  };
}

/** The files after a push. */
export function applied(old: Files, { files = {}, commits = [] }: NewPush): Files {
  const result = new Map(old);
  for (const commit of commits) {
    for (const path of [...(commit.added ?? []), ...(commit.modified ?? [])]) {
      if (!result.has(path)) result.set(path, Buffer.alloc(0));
    }
    for (const path of commit.removed ?? []) result.delete(path);
  }
  for (const [path, text] of Object.entries(files)) result.set(path, Buffer.from(text));
  return result;
}
