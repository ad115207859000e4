import type { Coder } from "../coder/coder.js";
import { TransientError } from "../errors.js";
import type { CommentPosted, CommentWithdrawn, InboxEvent } from "../events/event.js";
import type { Pull, RepositoryClient } from "../github/repository.js";
import { issueKey, type TaskKey, type TaskRecord } from "./record.js";
import type { TaskStore } from "./store.js";
import { worksNamedIn } from "./work.js";

/** Finds the issue whose task an issue or a pull request belongs to. */
export class TaskFinder {
  constructor(
    private readonly store: TaskStore,
    private readonly repository: RepositoryClient,
    private readonly coder: () => Promise<Coder>,
  ) {}

  /** The issue's own task. One whose record is lost is looked for only where the agent is assigned. */
  async ofIssue(event: CommentPosted | CommentWithdrawn): Promise<TaskKey | undefined> {
    const key = issueKey(event.repository.id, event.subject.number);
    const record = await this.store.get(key);
    // A task that is still to be created is told what was said before it was there.
    if (record?.wanted || (record && event.agentAssigned)) return key;
    if (record || !event.agentAssigned) return undefined;
    return (await this.#recover(key, event)) ?? key;
  }

  /**
   * The task that a pull request of the agent's is of: by the issues that it closes, else by its branch where
   * that is known from before, else by the job or failing branch whose URL is in the text, or by a number in the
   * branch's name or in the text.
   */
  async ofPull(pull: Pull, event: InboxEvent): Promise<TaskKey | undefined> {
    const { issues: references, areCertain } = await this.repository.closingReferences(pull.number);
    for (const { repositoryId, issue } of references) {
      const key = issueKey(repositoryId, issue);
      if (hasTask(await this.store.get(key))) return this.#remember(pull, key);
    }
    const known =
      pull.headRepositoryId && (await this.store.taskOfBranch(pull.headRepositoryId, pull.headBranch));
    if (known && hasTask(await this.store.get(known))) return known;

    const repositoryId = event.repository.id;
    const works = worksNamedIn(pull.body, pull.url.replace(/\/pull\/\d+$/, ""));
    const mentions = [
      ...works.map((work) => ({ repositoryId, work })),
      ...numbersIn(pull).map((issue) => issueKey(repositoryId, issue)),
    ];
    for (const key of mentions) {
      if (hasTask(await this.store.get(key))) return this.#remember(pull, key);
    }
    for (const { repositoryId, issue } of references) {
      if (repositoryId !== event.repository.id) continue;
      const key = issueKey(repositoryId, issue);
      const recovered = (await this.store.get(key)) ? undefined : await this.#recover(key, event);
      if (recovered) return this.#remember(pull, recovered);
    }
    if (!areCertain) {
      throw new TransientError(`GitHub did not say which issues ${pull.url} closes. It is retried.`);
    }
    return undefined;
  }

  async #remember(pull: Pull, key: TaskKey): Promise<TaskKey> {
    if (pull.headRepositoryId) {
      await this.store.rememberBranch(pull.headRepositoryId, pull.headBranch, key);
    }
    return key;
  }

  /** Makes a lost record again, out of what Coder knows. */
  async #recover(key: TaskKey, event: InboxEvent): Promise<TaskKey | undefined> {
    const { delivery, installation, repository, at } = event;
    const { origin } = new URL(event.type === "check_failed" ? event.run.url : event.subject.url);
    const url = `${origin}/${repository.owner}/${repository.name}/issues/${key.work}`;
    const reference = `${repository.owner}/${repository.name}#${key.work}`;
    const found = await (await this.coder()).search({ ...key, reference, url }, event.sender);
    if (!found) return undefined;
    const { view: _, ...task } = found;
    await this.store.update(
      key,
      {
        intent: 1,
        wanted: true,
        intentDelivery: delivery,
        intentAt: at,
        source: {
          installation,
          repository,
          issue: { number: Number(key.work), title: "", url, commented: true },
        },
        task,
      },
      { expression: "attribute_not_exists(#intent)" },
    );
    return key;
  }
}

function hasTask(record: TaskRecord | undefined): boolean {
  return record?.task !== undefined && record.wanted !== false;
}

/** `#42` in the text; `42` in a branch's name, as in `issue-42` or `fix/42-commas`. */
function numbersIn({ headBranch, body }: Pull): number[] {
  const found = [
    ...[...headBranch.matchAll(/(?<![0-9A-Za-z.])(\d{1,10})(?![0-9A-Za-z.])/g)].map((match) => match[1]),
    ...[...body.matchAll(/(?<![0-9A-Za-z/])#(\d{1,10})\b/g)].map((match) => match[1]),
  ];
  return [...new Set(found.map(Number))].filter((number) => number > 0).slice(0, 20);
}
