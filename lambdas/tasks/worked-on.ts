import type { Octokit } from "@octokit/rest";
import { agentId } from "../accounts/agent.js";
import { askOf } from "../github/given-pull.js";
import type { Pull } from "../github/repository.js";
import { pullKey } from "../model/record.js";
import { LiveWorks } from "./live-works.js";
import type { TaskStore } from "./store.js";

/**
 * The pull requests that the agent works on: those that it opened, and those of others that it was assigned to. The agent
 * gets no CI failures or conflicts of a pull request that it only reviews.
 */
export class WorkedOn {
  constructor(
    private readonly octokit: Octokit,
    private readonly store: TaskStore,
  ) {}

  async includes(pull: Pull): Promise<boolean> {
    return pull.authorId === (await agentId(this.octokit)) || (await this.givenSha(pull)) !== undefined;
  }

  /** Those among the few pull requests of one branch. Costs one read for each that a person opened. */
  async ofBranch(pulls: readonly Pull[]): Promise<Pull[]> {
    const included = await Promise.all(pulls.map((pull) => this.includes(pull)));
    return pulls.filter((_, index) => included[index]);
  }

  /** Those among many pull requests of one repository. Most were opened by people, and cost no read. */
  async among(pulls: readonly Pull[]): Promise<Pull[]> {
    const agent = await agentId(this.octokit);
    const [foreign] = pulls.filter(({ authorId }) => authorId !== agent);
    const live = foreign ? await new LiveWorks(foreign.repositoryId).list() : [];
    const given = new Set(live.map(({ work }) => work));
    const included = await Promise.all(
      pulls.map((pull) => {
        const mayBe =
          pull.authorId === agent ||
          pull.assignees.includes(agent) ||
          given.has(pullKey(pull.repositoryId, pull.number).work);
        return mayBe && this.includes(pull);
      }),
    );
    return pulls.filter((_, index) => included[index]);
  }

  /**
   * For somebody else's pull request that the agent works on: its newest commit when the agent was assigned. If the record
   * doesn't say that, the assignment is still on its way, and the current newest commit is returned.
   */
  async givenSha(pull: Pull): Promise<string | undefined> {
    const agent = await agentId(this.octokit);
    if (pull.authorId === agent) return undefined;
    const { wanted, source } = (await this.store.get(pullKey(pull.repositoryId, pull.number))) ?? {};
    if (wanted && source && "issue" in source && source.issue.ask === "work") return source.issue.headSha;
    return pull.isOpen && askOf(pull, agent) === "work" ? pull.headSha : undefined;
  }
}
