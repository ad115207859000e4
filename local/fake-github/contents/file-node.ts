import type { Repository } from "../repositories/repository.js";
import type { Json } from "../rest/rest.js";
import type { Contents } from "./contents.js";

/** A file in GraphQL; null if there is none. `expression` is `HEAD:path`. */
export function fileNode(contents: Contents, repo: Repository, expression: string): Json | null {
  const [ref = "", path = ""] = expression.split(/:(.*)/s);
  const bytes = contents.fileAt(repo, ref === "HEAD" ? repo.defaultBranch : ref, path);
  if (!bytes) return null;
  const isBinary = bytes.includes(0);
  return { text: isBinary ? null : bytes.toString("utf8"), isTruncated: false, isBinary };
}
