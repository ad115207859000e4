import type { Octokit } from "@octokit/rest";
import { agentId } from "../accounts/agent.js";
import type { TaskRepository } from "../accounts/authority.js";
import type { Coder } from "../coder/coder.js";
import { askOf } from "../github/given-pull.js";
import { PullLinks } from "../github/pull-links.js";
import type { Pull } from "../github/repository.js";
import type { ConfigProposed } from "../model/config-event.js";
import { TransientError } from "../model/errors.js";
import type { CommentPosted, CommentWithdrawn, InboxEvent, IssueEvent, PullsMoved } from "../model/event.js";
import {
  isCreated,
  issueKey,
  pullKey,
  type TaskKey,
  type TaskPull,
  type TaskRecord,
} from "../model/record.js";
import { worksNamedIn } from "../model/work.js";
import { gitHubPages } from "../runtime/environment.js";
import { Crossing, type CrossingKind, pageOf } from "./crossing.js";
import { type Candidate, IssuesNow } from "./issues-now.js";
import { issueTakingUp } from "./pull-now.js";
import { issueInBranch, ownWords, referencesIn, type TextReference } from "./references.js";
import type { Branch, TaskStore } from "./store.js";

/** How many other repositories a text can lead to. Each costs a request. */
const mostRepositories = 3;

/** The work that a task is for, and its repository. */
export interface Destination extends TaskKey {
  repository: TaskRepository;
  /** Whether there is a task; `false` if it is still being created. */
  hasTask: boolean;
}

/** An event that can be about a pull request. */
export type PullEvent = InboxEvent | IssueEvent | PullsMoved | ConfigProposed;

export interface FinderContext {
  store: TaskStore;
  /** Acts in the event's installation. */
  octokit: Octokit;
  event: PullEvent;
  coder: () => Promise<Coder>;
  /** Whether the person behind the event may request work in its repository. Strangers cannot start a search of Coder. */
  isTrusted: () => Promise<boolean>;
}

/** Finds the task that an issue or a pull request belongs to. */
export class TaskFinder {
  readonly #store: TaskStore;
  readonly #event: PullEvent;
  readonly #links: PullLinks;
  readonly #crossing: Crossing;
  readonly #issuesNow: IssuesNow;
  /** By name, the ids of other repositories that texts name; `undefined` if the App cannot see one. */
  readonly #elsewhere = new Map<string, number | undefined>();
  /** The first work of this repository that a pull request of the agent's could be for, and that wants no task. */
  #likeliest: TaskKey | undefined;

  constructor(private readonly context: FinderContext) {
    const { store, octokit, event } = context;
    this.#store = store;
    this.#event = event;
    this.#links = new PullLinks(octokit, event.repository);
    this.#crossing = new Crossing(octokit, this.#links, event);
    this.#issuesNow = new IssuesNow(octokit);
  }

  /** A deleted comment must not be sent later, even if the task is wanted only by then. */
  get #isWithdrawal(): boolean {
    return this.#event.type === "comment_withdrawn";
  }

  /** The issue's own task. If its record is lost, Coder is searched for it, but only if the agent is assigned. */
  async ofIssue(event: CommentPosted | CommentWithdrawn): Promise<Destination | undefined> {
    const key = issueKey(event.repository.id, event.subject.number);
    if (this.#isWithdrawal) return this.#here(key);
    const record = await this.#store.get(key);
    // A task that is still being created also gets earlier comments.
    if (record?.wanted || (record && event.agentAssigned)) return this.#hereAsOfNow(key, record);
    if (record || !event.agentAssigned) return undefined;
    await this.#recover(key);
    return this.#here(key);
  }

  /**
   * The task that a pull request is for. A pull request that the agent was given has its own task, or has joined an issue's.
   * One that the agent opened is for other work. If the record says nothing, this event may have overtaken the delivery that
   * gives it to the agent, so GitHub's current state counts.
   */
  async ofPull(pull: Pull): Promise<Destination | undefined> {
    const key = pullKey(pull.repositoryId, pull.number);
    const record = await this.#store.get(key);
    // Closing the pull request may already have ended its own work.
    const isLate = this.#isWithdrawal || this.#event.type === "pull_changed";
    const isGiven = isLate ? record?.intent !== undefined : record?.wanted;
    if (record && isGiven) {
      const { joined } = record;
      return joined === undefined ? this.#hereAsOfNow(key, record) : this.#ofIssueTakingUp(pull, joined);
    }
    const agent = await agentId(this.context.octokit);
    if (pull.authorId === agent) return this.#ofOwnPull(pull);
    const isAsked = pull.isOpen && askOf(pull, agent) !== undefined;
    if (!isAsked && !this.#isWithdrawal) return undefined;
    const joined = record?.task ? undefined : await issueTakingUp(this.#store, this.#links, pull);
    return joined === undefined ? this.#here(key) : this.#ofIssueTakingUp(pull, joined);
  }

  #ofIssueTakingUp(pull: Pull, issue: string): Promise<Destination | undefined> {
    return this.#accept(pull, this.#candidate(issue), "closing reference");
  }

  /**
   * The task that one of the agent's own pull requests is for. It is found by the issues that the pull request closes, by
   * the jobs, failing branches and issues that its text names, or by its branch, if that is known from before or names an
   * issue. An explicit statement counts more than a guess from the branch.
   */
  async #ofOwnPull(pull: Pull): Promise<Destination | undefined> {
    const { issues: closing, areCertain } = await this.#links.closingReferences(pull.number);
    const branch = branchOf(pull);
    for (const { repositoryId, issue, repository } of closing) {
      const candidate = { ...issueKey(repositoryId, issue), repository };
      const found = await this.#accept(pull, candidate, "closing reference");
      if (found) return this.#remember(branch, found);
    }
    const known = branch && (await this.#store.workOfBranch(branch));
    const guess = String(issueInBranch(pull.headBranch) ?? "");
    for await (const candidate of this.#candidates(pull, [known ?? "", guess])) {
      const found = await this.#accept(pull, candidate, "text");
      if (found) return found.work === known ? found : this.#remember(branch, found);
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
    return this.#isWithdrawal && this.#likeliest ? this.#here(this.#likeliest) : undefined;
  }

  /**
   * The works that a pull request may be for, most likely first: those that its text says it is for, those of its branch,
   * and those that its text only mentions.
   */
  async *#candidates(pull: Pull, ofBranch: readonly string[]): AsyncGenerator<Candidate> {
    const page = pageOf(pull);
    const inTitle = referencesIn(pull.title, page).filter(({ repository }) => !repository);
    const all = [...referencesIn(pull.body, page), ...inTitle];
    const named = (...clarities: TextReference["clarity"][]) =>
      this.#named(clarities.flatMap((clarity) => all.filter((reference) => reference.clarity === clarity)));
    for (const work of worksNamedIn(ownWords(pull.body), page)) yield this.#candidate(work);
    yield* named("closes", "serves");
    for (const work of ofBranch) if (work !== "") yield this.#candidate(work);
    yield* named("mentions");
  }

  /** The issues behind references. Skips references into repositories that the App cannot see, or into too many of them. */
  async *#named(references: readonly TextReference[]): AsyncGenerator<Candidate> {
    for (const { repository, issue } of references) {
      if (!repository) {
        yield this.#candidate(String(issue));
        continue;
      }
      const name = `${repository.owner}/${repository.name}`.toLowerCase();
      if (!this.#elsewhere.has(name)) {
        if (this.#elsewhere.size === mostRepositories) continue;
        this.#elsewhere.set(name, await this.#crossing.repositoryId(repository));
      }
      const id = this.#elsewhere.get(name);
      if (id !== undefined) yield { ...issueKey(id, issue), repository };
    }
  }

  /** Work in the event's repository. */
  #candidate(work: string): Candidate {
    const { id: repositoryId, owner, name } = this.#event.repository;
    return { repositoryId, work, repository: { owner, name } };
  }

  /** The task of a candidate, if there is one and the link to it counts. */
  async #accept(pull: Pull, candidate: Candidate, kind: CrossingKind): Promise<Destination | undefined> {
    const { repository: linked, ...key } = candidate;
    const record = await this.#store.get(key);
    const isHere = key.repositoryId === this.#event.repository.id;
    const isWithdrawn = this.#isWithdrawal && record !== undefined;
    if (!isWithdrawn && !this.#hadPull(record, pull, kind) && !hasOrGetsTask(record)) {
      if (!(await this.#issuesNow.want(candidate, record, new URL(pull.url).origin))) {
        if (isHere) this.#likeliest ??= key;
        return undefined;
      }
      if (!record && isHere) await this.#recover(key);
    }
    if (isHere) return record ? this.#hereAsOfNow(key, record) : this.#here(key);
    const repository = await this.#crossing.lead(pull, key, record?.source?.repository ?? linked, kind);
    return repository && { ...key, repository, hasTask: isCreated(record) };
  }

  /** Whether a task was for this pull request: merging it may have ended the task before its event got here. */
  #hadPull(record: TaskRecord | undefined, pull: Pull, kind: CrossingKind): boolean {
    if (this.#event.type !== "pull_changed" || record?.intent === undefined) return false;
    const isIt = ({ repository, number }: TaskPull) =>
      repository.id === pull.repositoryId && number === pull.number;
    return kind === "closing reference" || record.pulls?.some(isIt) === true;
  }

  #here(key: TaskKey, hasTask = false): Destination {
    const { id, owner, name } = this.#event.repository;
    return { ...key, repository: { id, owner, name }, hasTask };
  }

  /** Updates the record if the App has been reinstalled since. */
  async #hereAsOfNow(key: TaskKey, record: TaskRecord): Promise<Destination> {
    const { source, intent } = record;
    const { installation, repository } = this.#event;
    if (source && source.installation !== installation) {
      const condition = { expression: "#intent = :known", values: { known: intent } };
      await this.#store.update(key, { source: { ...source, installation, repository } }, condition);
    }
    return this.#here(key, isCreated(record));
  }

  /** Remembers the branch only for tasks in the repository of its pull requests. */
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

/** A task that is still being created also gets earlier messages. */
function hasOrGetsTask({ wanted, task }: TaskRecord = {}): boolean {
  return wanted ?? task !== undefined;
}

/** `undefined` if the head's fork is gone. */
function branchOf({ repositoryId, headRepositoryId, headBranch }: Pull): Branch | undefined {
  return headRepositoryId === undefined
    ? undefined
    : { baseRepositoryId: repositoryId, headRepositoryId, name: headBranch };
}
