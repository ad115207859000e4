import type { ListedRepository } from "../github/installations.js";
import type { SurveyedPull } from "../github/survey.js";
import { fingerprintOf } from "../inbox/stored-input.js";
import type { PullConflicted } from "../model/event.js";
import { ghost } from "../webhook/payload-fields.js";
import type { Batch } from "./batch.js";
import type { Destinations } from "./destinations.js";
import type { HeadOfPull } from "./head-of-pull.js";
import { commonPayload, type MissedDelivery, nameOf } from "./missed-delivery.js";

/** Conflicts with one base branch that the agent doesn't know of. */
interface Conflicts {
  repository: ListedRepository;
  base: { branch: string; sha: string };
  pulls: SurveyedPull[];
}

/**
 * Conflicts of the agent's pull requests that never reached an inbox. For each base branch with conflicts, this returns
 * its newest push as a missed delivery, whose flow checks all pull requests into the branch.
 */
export async function missedConflicts(
  batch: Batch,
  destinations: Destinations,
  heads: readonly HeadOfPull[],
): Promise<MissedDelivery[]> {
  const untold = new Map<string, Conflicts>();
  for (const one of heads) {
    const { repository } = one.survey;
    const base = one.head.conflict;
    if (!base || !(await isUntoldConflict(batch, destinations, one, base))) continue;
    const id = `${repository.id}#${base.branch}`;
    const pulls = untold.get(id)?.pulls ?? [];
    untold.set(id, { repository, base, pulls: [...pulls, one.pull] });
  }
  return [...untold.values()].map((conflicts) => pushOf(batch, conflicts));
}

function isUntoldConflict(
  { installation, until }: Batch,
  destinations: Destinations,
  { survey: { repository }, pull }: HeadOfPull,
  { branch: baseBranch, sha: baseSha }: Conflicts["base"],
): Promise<boolean> {
  const { number, url, headSha } = pull;
  const event: PullConflicted = {
    type: "pull_conflicted",
    delivery: "",
    installation,
    repository,
    sender: ghost,
    at: until,
    pull: { number, url, headSha, baseBranch, baseSha },
  };
  return destinations.lacks(pull, event, []);
}

/** A push that did not change the config. If a real one did, the comparison of the schedules finds that. */
function pushOf({ installation, until }: Batch, { repository, base, pulls }: Conflicts): MissedDelivery {
  const { branch, sha } = base;
  const { repository: common, ...others } = commonPayload(installation, repository);
  const heads = pulls.map(({ headSha }) => headSha).sort();
  return {
    type: "push",
    payload: {
      ...others,
      repository: { ...Object(common), default_branch: repository.defaultBranch, pushed_at: until },
      ref: `refs/heads/${branch}`,
      before: sha,
      after: sha,
      commits: [{ id: sha }],
      sender: null,
    },
    fact: `conflicts#${repository.id}#${branch}#${sha}#${fingerprintOf(heads.join(" "))}`,
    gap: `${pulls.map(({ number }) => nameOf(repository, number)).join(", ")} has a conflict with ${branch} that the agent did not get`,
  };
}
