import { createHash } from "node:crypto";
import type { HttpReply, HttpRequest } from "../../http/http-server.js";
import { newSha } from "../pulls/pull.js";
import type { Happenings } from "../repositories/happenings.js";
import { tellOptions } from "../repositories/happenings.js";
import type { Repositories } from "../repositories/repositories.js";
import { fullName, htmlUrl, type Repository } from "../repositories/repository.js";
import { GitHubError, type Json, notFound, param, type Rest } from "../rest/rest.js";
import type { Told } from "../webhooks/deliveries.js";
import { applied, changeOf, type Files, type NewPush } from "./push.js";

/** One entry of a pull request's files. */
export interface FileChange {
  filename: string;
  status: "added" | "modified" | "removed";
}

const ZEROS = "0".repeat(40);

/** https://docs.github.com/webhooks/webhook-events-and-payloads#push */
const MAX_COMMITS = 2048;

/** Above this size (bytes), the contents API returns text only as raw. https://docs.github.com/rest/repos/contents */
const MAX_INLINE_BYTES = 1024 * 1024;

/** The files of all branches and pushed commits. */
export class Contents {
  readonly #branches = new Map<Repository, Map<string, string>>();
  readonly #commits = new Map<string, Files>();
  /** The parent of each commit. */
  readonly #parents = new Map<string, string>();

  constructor(
    readonly repositories: Repositories,
    readonly happenings: Happenings,
  ) {}

  async push(input: NewPush): Promise<Told<{ sha: string }>> {
    const repo = this.repositories.get(input.repo);
    const branch = input.branch ?? repo.defaultBranch;
    const branches = this.#branches.get(repo) ?? new Map<string, string>();
    this.#branches.set(repo, branches);
    const before = branches.get(branch) ?? ZEROS;
    const isMoved = before === ZEROS || input.forced === true || input.forwarded === true;
    const parent = (isMoved && input.from !== undefined && this.resolve(repo, input.from)) || before;
    const old = this.#commits.get(parent) ?? new Map<string, Buffer>();
    const pushed = input.forwarded ? [] : [changeOf(old, input.files ?? {})];
    const commits = (input.commits ?? pushed).map((commit) => this.#commitJson(repo, input.by, commit));
    const deleted = input.deleted ?? false;
    // Without commits, the branch is moved to an existing commit.
    const sha = deleted ? ZEROS : `${commits.at(-1)?.id ?? parent}`;
    if (deleted) branches.delete(branch);
    else if (sha === parent) branches.set(branch, sha);
    else {
      branches.set(branch, sha);
      this.#commits.set(sha, applied(old, input));
      this.#parents.set(sha, parent);
    }
    const user = this.repositories.user(input.by);
    const fields = {
      ref: `refs/heads/${branch}`,
      before,
      after: sha,
      created: before === ZEROS,
      deleted,
      forced: input.forced ?? false,
      base_ref: null,
      compare: `${htmlUrl(repo)}/compare/${before.slice(0, 12)}...${sha.slice(0, 12)}`,
      commits: deleted ? [] : commits.slice(-MAX_COMMITS),
      head_commit: deleted ? null : (commits.at(-1) ?? null),
      pusher: { name: user.login, email: `${user.login}@users.noreply.github.com` },
      repository: this.#asPushed(repo),
    };
    const happening = { event: "push", repository: repo, by: input.by, fields };
    return this.happenings.tell(happening, { sha }, tellOptions(input.deliver));
  }

  #commitJson(repo: Repository, by: string, commit: NonNullable<NewPush["commits"]>[number]): Json {
    const id = newSha();
    const who = { name: by, email: `${by}@users.noreply.github.com`, username: by };
    return {
      id,
      tree_id: newSha(),
      distinct: true,
      message: commit.message ?? "Change files",
      timestamp: this.repositories.timestamp(),
      url: `${htmlUrl(repo)}/commit/${id}`,
      author: who,
      committer: who,
      added: commit.added ?? [],
      modified: commit.modified ?? [],
      removed: commit.removed ?? [],
    };
  }

  /** A push payload shows its repository in an older format, with other times, another `url` and an owner with a name. */
  #asPushed(repo: Repository): Json {
    const seconds = Math.floor(this.repositories.now().getTime() / 1000);
    return {
      url: htmlUrl(repo),
      created_at: seconds,
      pushed_at: seconds,
      owner: { name: repo.owner.login, email: null },
      stargazers: 0,
      master_branch: repo.defaultBranch,
    };
  }

  /** Resolves a branch, `refs/heads/…`, `heads/…` or commit id to a commit. */
  resolve(repo: Repository, ref: string): string | undefined {
    const branch = ref.replace(/^(refs\/)?heads\//, "");
    return this.#branches.get(repo)?.get(branch) ?? (this.#commits.has(ref) ? ref : undefined);
  }

  /** The branches whose newest commit it is. */
  branchesAt(repo: Repository, sha: string): string[] {
    return [...(this.#branches.get(repo) ?? [])].flatMap(([branch, tip]) => (tip === sha ? [branch] : []));
  }

  /** Renames a branch. GitHub's documentation names no webhook that reports it: none is sent. */
  renameBranch(repo: Repository, from: string, to: string): void {
    const branches = this.#branches.get(repo);
    const tip = branches?.get(from);
    if (tip !== undefined) branches?.set(to, tip);
    branches?.delete(from);
    if (repo.defaultBranch === from) repo.defaultBranch = to;
  }

  /** A file at a branch or commit; `undefined` if there is none. */
  fileAt(repo: Repository, ref: string, path: string): Buffer | undefined {
    return this.#commits.get(this.resolve(repo, ref) ?? "")?.get(path);
  }

  routes(rest: Rest): void {
    rest.get("/repos/:owner/:repo/contents/*path", (request) => this.#contents(request));
    rest.get("/repos/:owner/:repo/commits/:ref", (request) => this.#commit(request));
  }

  /** https://docs.github.com/rest/commits/commits#get-a-commit */
  #commit(request: HttpRequest): HttpReply {
    const repo = this.repositories.of(request);
    if ((this.#branches.get(repo)?.size ?? 0) === 0) throw new GitHubError(409, "Git Repository is empty.");
    const ref = param(request, "ref");
    const sha = this.resolve(repo, ref === "HEAD" ? repo.defaultBranch : ref);
    if (sha === undefined) throw new GitHubError(422, `No commit found for SHA: ${ref}`);
    const accept = request.headers.accept ?? "";
    if (/application\/vnd\.github\.(v3\.)?sha/.test(accept)) {
      return { status: 200, headers: { "content-type": `${accept}; charset=utf-8` }, body: sha };
    }
    const parent = this.#parents.get(sha) ?? ZEROS;
    return { status: 200, body: { sha, parents: parent === ZEROS ? [] : [{ sha: parent }] } };
  }

  /** A branch's changes since its merge base, as a pull request shows them. */
  changes(repo: Repository, base: string, head: string): FileChange[] {
    const ofBase = this.#ancestors(this.resolve(repo, base));
    const mergeBase = this.#ancestors(head).find((sha) => ofBase.includes(sha)) ?? ZEROS;
    const before = this.#commits.get(mergeBase) ?? new Map<string, Buffer>();
    const after = this.#commits.get(head) ?? before;
    const paths = [...new Set([...before.keys(), ...after.keys()])].sort();
    return paths.flatMap((filename): FileChange[] => {
      const [old, now] = [before.get(filename), after.get(filename)];
      if (!now) return [{ filename, status: "removed" }];
      if (!old) return [{ filename, status: "added" }];
      return old.equals(now) ? [] : [{ filename, status: "modified" }];
    });
  }

  #ancestors(sha: string | undefined): string[] {
    const found: string[] = [];
    for (let at = sha; at !== undefined && at !== ZEROS; at = this.#parents.get(at)) found.push(at);
    return found;
  }

  #contents(request: HttpRequest): HttpReply {
    const repo = this.repositories.of(request);
    const path = param(request, "path").replace(/\/$/, "");
    const ref = request.query.get("ref");
    const sha = this.resolve(repo, ref ?? repo.defaultBranch);
    if (sha === undefined) {
      throw notFound(ref === null ? "This repository is empty." : `No commit found for the ref ${ref}`);
    }
    const files = this.#commits.get(sha) ?? new Map<string, Buffer>();
    const shownRef = ref ?? repo.defaultBranch;
    const file = files.get(path);
    if (file === undefined) {
      const children = [...files].flatMap(([name, data]) => {
        const [child, ...deeper] = name.startsWith(`${path}/`) ? name.slice(path.length + 1).split("/") : [];
        return child === undefined ? [] : [{ child, data, isDirectory: deeper.length > 0 }];
      });
      if (children.length === 0) throw notFound();
      const entries = children.map(({ child, data, isDirectory }) =>
        this.#entry(repo, `${path}/${child}`, shownRef, isDirectory ? "dir" : "file", data),
      );
      return { status: 200, body: [...new Map(entries.map((entry) => [entry.path, entry])).values()] };
    }
    const accept = request.headers.accept ?? "";
    if (/application\/vnd\.github\.(v3\.)?raw/.test(accept)) {
      return {
        status: 200,
        headers: { "content-type": `${accept.split(",")[0]}; charset=utf-8` },
        body: file,
      };
    }
    const isBig = file.length > MAX_INLINE_BYTES;
    // GitHub breaks its base64 into lines.
    const base64 = file.toString("base64").replace(/.{60}/g, "$&\n");
    return {
      status: 200,
      body: {
        ...this.#entry(repo, path, shownRef, "file", file),
        encoding: isBig ? "none" : "base64",
        content: isBig ? "" : base64,
      },
    };
  }

  #entry(repo: Repository, path: string, ref: string, type: "file" | "dir", data: Buffer): Json {
    const api = `${this.repositories.apiUrl()}/repos/${fullName(repo)}`;
    const sha = blobSha(data);
    return {
      type,
      name: path.split("/").at(-1),
      path,
      sha,
      size: type === "file" ? data.length : 0,
      url: `${api}/contents/${path}?ref=${ref}`,
      html_url: `${htmlUrl(repo)}/blob/${ref}/${path}`,
      git_url: `${api}/git/blobs/${sha}`,
      download_url:
        type === "file" ? `https://raw.githubusercontent.com/${fullName(repo)}/${ref}/${path}` : null,
    };
  }
}

/** Git's id of a file's content. */
const blobSha = (data: Buffer): string =>
  createHash("sha1").update(`blob ${data.length}\0`).update(data).digest("hex");
