import type { Octokit } from "@octokit/rest";
import { agentId } from "../accounts/agent.js";
import type { TaskRepository } from "../accounts/authority.js";
import type { Coder } from "../coder/coder.js";
import { PullLinks } from "../github/pull-links.js";
import type { Pull } from "../github/repository.js";
import type { ConfigProposed } from "../model/config-event.js";
import { TransientError } from "../model/errors.js";
import type { CommentPosted, CommentWithdrawn, InboxEvent, IssueEvent, PullsMoved } from "../model/event.js";
import { issueKey, pullKey, type TaskKey, type TaskPull, type TaskRecord } from "../model/record.js";
import { worksNamedIn } from "../model/work.js";
import { gitHubPages } from "../runtime/environment.js";
import { Crossing, type CrossingKind, pageOf } from "./crossing.js";
import { isWantedNow } from "./issue-now.js";
import { issueInBranch, ownWords, referencesIn, type TextReference } from "./references.js";
import type { Branch, TaskStore } from "./store.js";

/** How many other repositories a text can lead to: each costs a request. */
const mostRepositories = 3;

/** How many issues that want no task, by their records, GitHub is asked about: each costs a request. */
const mostIssuesNow = 3;

/** The work that a task is for, and the repository that it is in. */
export interface Destination extends TaskKey {
  repository: TaskRepository;
}

/** An event that can be about a pull request. */
export type PullEvent = InboxEvent | IssueEvent | PullsMoved | ConfigProposed;

export interface FinderContext {
  store: TaskStore;
  /** Acts in the event's installation. */
  octokit: Octokit;
  event: PullEvent;
  coder: () => Promise<Coder>;
  /** Whether the person behind the event may make an agent of its repository work. Strangers cannot start a search of Coder. */
  isTrusted: () => Promise<boolean>;
}

/** Finds the task that an issue or a pull request belongs to. */
export class TaskFinder {
  readonly #store: TaskStore;
  readonly #event: PullEvent;
  readonly #links: PullLinks;
  readonly #crossing: Crossing;
  /** Whether issues want a task now; by key, so that GitHub is asked once about each. */
  readonly #issuesNow = new Map<string, Promise<boolean | undefined>>();

  constructor(private readonly context: FinderContext) {
    const { store, octokit, event } = context;
    this.#store = store;
    this.#event = event;
    this.#links = new PullLinks(octokit, event.repository);
    this.#crossing = new Crossing(octokit, this.#links, event);
  }

  /** The issue's own task. If its record is lost, it is searched for only if the agent is assigned. */
  async ofIssue(event: CommentPosted | CommentWithdrawn): Promise<Destination | undefined> {
    const key = issueKey(event.repository.id, event.subject.number);
    // A deleted comment must not be sent later, even if the task is wanted again.
    if (event.type === "comment_withdrawn") return this.#here(key);
    const record = await this.#store.get(key);
    // A task that is still being created gets earlier comments, too.
    if (record?.wanted || (record && event.agentAssigned)) return this.#hereAsOfNow(key, record);
    if (record || !event.agentAssigned) return undefined;
    await this.#recover(key);
    return this.#here(key);
  }

  /**
   * The task that a pull request is for. One that the agent was given has its own, or has joined an issue's. One that the
   * agent has opened is for other work.
   */
  async ofPull(pull: Pull): Promise<Destination | undefined> {
    const key = pullKey(pull.repositoryId, pull.number);
    const record = await this.#store.get(key);
    const { type } = this.#event;
    // Closing it may have ended its own work before we hear of it here.
    const isLate = type === "comment_withdrawn" || type === "pull_changed";
    const isGiven = isLate ? record?.intent !== undefined : record?.wanted;
    if (record && isGiven) {
      const { joined } = record;
      return joined === undefined
        ? this.#hereAsOfNow(key, record)
        : this.#accept(pull, { ...key, work: joined }, "closing reference");
    }
    return pull.authorId === (await agentId(this.context.octokit)) ? this.#ofOwnPull(pull) : undefined;
  }

  /**
   * The task that a pull request of the agent's is for: by the issues that it closes; by the jobs, failing branches and
   * issues that its text names; by its branch, if that is known from before or names an issue. A statement counts more
   * than a guess from the branch.
   */
  async #ofOwnPull(pull: Pull): Promise<Destination | undefined> {
    const { issues: closing, areCertain } = await this.#links.closingReferences(pull.number);
    const branch = branchOf(pull);
    for (const { repositoryId, issue } of closing) {
      const found = await this.#accept(pull, issueKey(repositoryId, issue), "closing reference");
      if (found) return this.#remember(branch, found);
    }
    const known = branch && (await this.#store.workOfBranch(branch));
    const guess = String(issueInBranch(pull.headBranch) ?? "");
    for await (const key of this.#named(pull, [known ?? "", guess])) {
      const found = await this.#accept(pull, key, "text");
      if (found) return this.#remember(branch, found);
    }
    for (const work of [known, guess]) {
      const found = work && (await this.#accept(pull, { repositoryId: pull.repositoryId, work }, "text"));
      if (found) return found;
    }
    for (const { repositoryId, issue } of closing) {
      if (repositoryId !== pull.repositoryId) continue;
      const key = issueKey(repositoryId, issue);
      const isLost = (await this.#store.get(key)) === undefined;
      if (isLost && (await this.#recover(key))) return this.#remember(branch, this.#here(key));
    }
    if (!areCertain) {
      throw new TransientError(`GitHub did not say which issues ${pull.url} closes. It is retried.`);
    }
    return undefined;
  }

  /** The work that a pull request's text names, the most likely first. */
  async *#named(pull: Pull, likely: readonly string[]): AsyncGenerator<TaskKey> {
    const page = pageOf(pull);
    const { repositoryId } = pull;
    for (const work of worksNamedIn(ownWords(pull.body), page)) yield { repositoryId, work };
    const inTitle = referencesIn(pull.title, page).filter(({ repository }) => !repository);
    const all = byLikelihood([...referencesIn(pull.body, page), ...inTitle], likely);
    const elsewhere = new Map<string, number | undefined>();
    for (const { repository, issue } of all) {
      if (!repository) {
        yield issueKey(repositoryId, issue);
        continue;
      }
      const name = `${repository.owner}/${repository.name}`.toLowerCase();
      if (!elsewhere.has(name)) {
        if (elsewhere.size === mostRepositories) continue;
        elsewhere.set(name, await this.#crossing.repositoryId(repository));
      }
      const id = elsewhere.get(name);
      if (id !== undefined) yield issueKey(id, issue);
    }
  }

  /** The task of a key, if there is one and the link to it counts. */
  async #accept(pull: Pull, key: TaskKey, kind: CrossingKind): Promise<Destination | undefined> {
    const record = await this.#store.get(key);
    // As above: a deleted comment must not be sent later.
    const isThere =
      this.#event.type === "comment_withdrawn"
        ? record !== undefined
        : this.#hadPull(record, pull, kind) || (await this.#hasTask(key, record));
    if (!isThere) return undefined;
    if (record && key.repositoryId === this.#event.repository.id) return this.#hereAsOfNow(key, record);
    const named = record?.source?.repository;
    const repository = named && (await this.#crossing.lead(pull, key, named, kind));
    return repository && { ...key, repository };
  }

  /**
   * Whether there is a task, or will be: one that is still being created gets earlier messages, too. An assignment that
   * this event has overtaken is not in the record yet, so GitHub is asked whether the issue still wants no task.
   */
  async #hasTask({ repositoryId, work }: TaskKey, record: TaskRecord | undefined): Promise<boolean> {
    if (record?.wanted !== false) return record?.wanted === true || record?.task !== undefined;
    const { source, intentAt = "" } = record;
    if (!source || !("issue" in source)) return false;
    const id = `${repositoryId}#${work}`;
    const known = this.#issuesNow.get(id);
    if (!known && this.#issuesNow.size === mostIssuesNow) return false;
    const asking = known ?? isWantedNow(this.context.octokit, source, intentAt);
    this.#issuesNow.set(id, asking);
    return (await asking) === true;
  }

  /** The task that a pull request was for: merging it may have ended the task before we hear of it. */
  #hadPull(record: TaskRecord | undefined, pull: Pull, kind: CrossingKind): boolean {
    if (this.#event.type !== "pull_changed" || record?.intent === undefined) return false;
    const isIt = ({ repository, number }: TaskPull) =>
      repository.id === pull.repositoryId && number === pull.number;
    return kind === "closing reference" || record.pulls?.some(isIt) === true;
  }

  #here(key: TaskKey): Destination {
    const { id, owner, name } = this.#event.repository;
    return { ...key, repository: { id, owner, name } };
  }

  /** Updates the record if the App was reinstalled or the repository renamed since. */
  async #hereAsOfNow(key: TaskKey, { source, intent }: TaskRecord): Promise<Destination> {
    const { installation, repository } = this.#event;
    if (source && source.installation !== installation) {
      const condition = { expression: "#intent = :known", values: { known: intent } };
      await this.#store.update(key, { source: { ...source, installation, repository } }, condition);
    }
    return this.#here(key);
  }

  /** A branch leads only to tasks in the repository of its pull requests. */
  async #remember(branch: Branch | undefined, found: Destination): Promise<Destination> {
    if (branch && found.repositoryId === branch.baseRepositoryId) {
      await this.#store.rememberBranch(branch, found.work);
    }
    return found;
  }

  /** Restores a lost record from the task in Coder; returns whether it did. */
  async #recover(key: TaskKey): Promise<boolean> {
    const event = this.#event;
    if (!(await this.context.isTrusted())) return false;
    const { delivery, installation, repository, at } = event;
    if (!(await this.#store.maySearch(key, delivery, "tell"))) return false;
    const origin = "subject" in event ? new URL(event.subject.url).origin : gitHubPages();
    const url = `${origin}/${repository.owner}/${repository.name}/issues/${key.work}`;
    const reference = `${repository.owner}/${repository.name}#${key.work}`;
    const found = await (await this.context.coder()).search({ ...key, reference, url }, event.sender);
    if (!found) return false;
    const { view: _, ...task } = found;
    await this.#store.noteWanted(key);
    await this.#store.update(
      key,
      {
        intent: 1,
        wanted: true,
        intentDelivery: delivery,
        intentAt: at,
        source: {
          installation,
          repository,
          issue: { number: Number(key.work), title: "", url },
        },
        task,
      },
      { expression: "attribute_not_exists(#intent)" },
    );
    return true;
  }
}

/** `undefined` if the head's fork is gone. */
function branchOf({ repositoryId, headRepositoryId, headBranch }: Pull): Branch | undefined {
  return headRepositoryId === undefined
    ? undefined
    : { baseRepositoryId: repositoryId, headRepositoryId, name: headBranch };
}

/** Among issues that are only mentioned, those that the branch names come first. */
function byLikelihood(references: readonly TextReference[], likely: readonly string[]): TextReference[] {
  const order = ["closes", "serves", "likely", "mentions"];
  const rank = ({ clarity, repository, issue }: TextReference) =>
    order.indexOf(
      clarity === "mentions" && !repository && likely.includes(String(issue)) ? "likely" : clarity,
    );
  return references.toSorted((a, b) => rank(a) - rank(b));
}
