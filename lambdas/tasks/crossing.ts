import type { Octokit } from "@octokit/rest";
import { agentId } from "../accounts/agent.js";
import type { RepositoryName } from "../github/contents.js";
import { type CurrentRepository, findInstallation, findRepository } from "../github/installations.js";
import type { Actor, PullLinks } from "../github/pull-links.js";
import { type Pull, RepositoryClient } from "../github/repository.js";
import { isOutOfReach } from "../model/errors.js";
import type { InboxEvent } from "../model/event.js";
import { isEnough } from "../model/permission.js";
import type { TaskKey } from "../model/record.js";
import { log } from "../runtime/log.js";
import { referencesIn } from "./references.js";

/** How a pull request says that it is for an issue of another repository. */
export type CrossingKind = "closing reference" | "text";

/**
 * Pull requests that are for an issue of another repository. Whoever may write where the pull request is can edit its
 * text and link issues to it, so that a link alone says nothing. One counts only if the pull request is the agent's and
 * its repository public, if the App reaches both repositories through the same installation, and if everybody who has a
 * hand in the link, the agent too, has write permission where the task is. What GitHub does not tell counts against it.
 */
export class Crossing {
  /** By key: each is looked into once. */
  readonly #leads = new Map<string, Promise<CurrentRepository | undefined>>();

  constructor(
    private readonly octokit: Octokit,
    private readonly links: PullLinks,
    private readonly event: InboxEvent,
  ) {}

  /** The id of a repository that a text names; `undefined` if the App does not see it from here. */
  async repositoryId(name: RepositoryName): Promise<number | undefined> {
    return this.event.repository.private ? undefined : (await this.#find(name))?.id;
  }

  /** The repository of the task, if the link to it counts. `named` is what the repository was last called. */
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
      : "its task is out of reach from here";
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
    // A private repository's reviews and logs are nobody else's.
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

  /** Why the link does not count. */
  async #objection(
    pull: Pull,
    key: TaskKey,
    repository: CurrentRepository,
    kind: CrossingKind,
  ): Promise<string | undefined> {
    if (pull.authorId !== (await agentId(this.octokit))) return "the pull request is not the agent's";
    const hands = await this.links.hands(pull.number);
    if (!hands) return "GitHub does not tell who has linked it";
    const { editors, linkers } = hands;
    const isLinkedByHand = linkers.some(({ issues }) => issues.some((issue) => isSame(issue, key)));
    if (kind === "closing reference" && !isLinkedByHand && !isInText(pull, key, repository)) {
      return "GitHub does not tell how it was linked";
    }
    const author = { __typename: "User", login: pull.author, databaseId: pull.authorId };
    return this.#objectionTo([author, ...editors, ...linkers.map(({ actor }) => actor)], repository);
  }

  async #objectionTo(actors: readonly Actor[], repository: CurrentRepository): Promise<string | undefined> {
    const client = new RepositoryClient(this.octokit, repository);
    if (actors.some(({ __typename: type }) => type !== "User")) return "a bot has a hand in it";
    const people = new Map(actors.map(({ databaseId: id = 0, login }) => [id, login]));
    for (const [id, login] of people) {
      if (!isEnough(await client.permissionOf({ id, login }), "write")) {
        return `${login} has no write permission where the task is`;
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

/** The page of the repository that a pull request is in. */
export function pageOf({ url }: Pull): string {
  return url.replace(/\/pull\/\d+$/, "");
}
