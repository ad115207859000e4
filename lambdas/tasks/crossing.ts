import type { Octokit } from "@octokit/rest";
import { agentId } from "../accounts/agent.js";
import type { RepositoryName } from "../github/contents.js";
import type { Actor } from "../github/graphql.js";
import { type CurrentRepository, findInstallation, findRepository } from "../github/installations.js";
import type { PullLinks } from "../github/pull-links.js";
import { type Pull, RepositoryClient } from "../github/repository.js";
import { isOutOfReach } from "../model/errors.js";
import type { InboxEvent } from "../model/event.js";
import { isEnough } from "../model/permission.js";
import type { TaskKey } from "../model/record.js";
import { log } from "../runtime/log.js";
import { referencesIn } from "./references.js";

/** How a pull request is linked to an issue of another repository. */
export type CrossingKind = "closing reference" | "text";

/**
 * Pull requests for an issue of another repository. Anybody with write permission in the pull request's repository can edit
 * its text and link issues, so a link alone proves nothing. It counts only if the pull request is the agent's and its
 * repository public, if the App reaches both repositories through the same installation, and if everybody involved in the
 * link, including the agent, has write permission in the task's repository. If GitHub does not say, the link does not count.
 */
export class Crossing {
  /** By key, so each link is checked only once. */
  readonly #leads = new Map<string, Promise<CurrentRepository | undefined>>();

  constructor(
    private readonly octokit: Octokit,
    private readonly links: PullLinks,
    private readonly event: Pick<InboxEvent, "installation" | "repository">,
  ) {}

  /** The id of a repository that a text names; `undefined` if this installation can't see it. */
  async repositoryId(name: RepositoryName): Promise<number | undefined> {
    return this.event.repository.private ? undefined : (await this.#find(name))?.id;
  }

  /** The repository of the task, if the link counts. `named` is its last known name. */
  lead(
    pull: Pull,
    key: TaskKey,
    named: RepositoryName,
    kind: CrossingKind,
  ): Promise<CurrentRepository | undefined> {
    const id = `${key.repositoryId}#${key.work}`;
    const lead = this.#leads.get(id) ?? this.#lead(pull, key, named, kind);
    this.#leads.set(id, lead);
    return lead;
  }

  async #lead(
    pull: Pull,
    key: TaskKey,
    named: RepositoryName,
    kind: CrossingKind,
  ): Promise<CurrentRepository | undefined> {
    const repository = await this.#reach(key, named);
    const reason = repository
      ? await this.#objection(pull, key, repository, kind)
      : "this installation does not reach the repository of the task";
    log.info("A pull request is linked to an issue of another repository", {
      pull: pull.number,
      from: this.event.repository.id,
      ...key,
      counts: reason === undefined,
      reason,
    });
    return reason === undefined ? repository : undefined;
  }

  async #reach(key: TaskKey, named: RepositoryName): Promise<CurrentRepository | undefined> {
    // Reviews and logs of a private repository must not leave it.
    if (this.event.repository.private) return undefined;
    const repository = await this.#find(named);
    if (repository?.id !== key.repositoryId) return undefined;
    const installation = await findInstallation(this.octokit, repository);
    return installation === this.event.installation ? repository : undefined;
  }

  async #find(name: RepositoryName): Promise<CurrentRepository | undefined> {
    try {
      return await findRepository(this.octokit, name);
    } catch (error) {
      if (isOutOfReach(error)) return undefined;
      throw error;
    }
  }

  /** Why the link does not count; `undefined` if it does. */
  async #objection(
    pull: Pull,
    key: TaskKey,
    repository: CurrentRepository,
    kind: CrossingKind,
  ): Promise<string | undefined> {
    if (pull.authorId !== (await agentId(this.octokit))) return "the pull request is not the agent's";
    const hands = await this.links.hands(pull.number);
    if (!hands) return "GitHub does not say who linked it";
    const { editors, linkers } = hands;
    const isLinkedByHand = linkers.some(({ issues }) => issues.some((issue) => isSame(issue, key)));
    if (kind === "closing reference" && !isLinkedByHand && !isInText(pull, key, repository)) {
      return "GitHub does not say how it was linked";
    }
    const author = { __typename: "User", login: pull.author, databaseId: pull.authorId };
    return this.#objectionTo([author, ...editors, ...linkers.map(({ actor }) => actor)], repository);
  }

  async #objectionTo(actors: readonly Actor[], repository: CurrentRepository): Promise<string | undefined> {
    const client = new RepositoryClient(this.octokit, repository);
    if (actors.some(({ __typename: type }) => type !== "User")) return "a bot is involved";
    const people = new Map(actors.map(({ databaseId: id = 0, login }) => [id, login]));
    for (const [id, login] of people) {
      if (!isEnough(await client.permissionOf({ id, login }), "write")) {
        return `${login} has no write permission in the repository of the task`;
      }
    }
    return undefined;
  }
}

function isSame({ repositoryId, issue }: { repositoryId: number; issue: number }, key: TaskKey): boolean {
  return repositoryId === key.repositoryId && String(issue) === key.work;
}

function isInText(pull: Pull, { work }: TaskKey, { owner, name }: CurrentRepository): boolean {
  return referencesIn(pull.body, pageOf(pull)).some(
    ({ repository, issue }) =>
      String(issue) === work &&
      repository !== undefined &&
      `${repository.owner}/${repository.name}`.toLowerCase() === `${owner}/${name}`.toLowerCase(),
  );
}

/** The URL of the repository of a pull request. */
export function pageOf({ url }: Pull): string {
  return url.replace(/\/pull\/\d+$/, "");
}
