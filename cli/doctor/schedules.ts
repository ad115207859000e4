import { isServed } from "../../lambdas/accounts/served.js";
import { connectGitHub, type GitHubApp } from "../../lambdas/github/app.js";
import { type Installation, listInstallations } from "../../lambdas/github/app-installations.js";
import { atOnce } from "../../lambdas/github/graphql.js";
import { type ListedRepository, listRepositories } from "../../lambdas/github/installations.js";
import { surveyFiles } from "../../lambdas/github/survey.js";
import { scheduleDifferences } from "../../lambdas/healing/missed-schedules.js";
import { configPath } from "../../lambdas/model/config-path.js";
import { RepositorySchedules, scheduledRepositories } from "../../lambdas/schedules/scheduler.js";
import { type Check, fault, ok, type Result, unknown } from "./finding.js";

/** The number of repositories that are compared. A hundred cost two requests, so these cost forty. */
const compared = 2000;

const byItself = "Run npm run relay -- reconcile, which syncs them, as the relay does by itself every hour.";

/** Checks whether the schedules of all jobs match the repositories' configs. */
export const jobs: Check = {
  name: "Jobs",
  async run() {
    const scheduled = await scheduledRepositories();
    const seen = new Set<number>();
    const results: Result[] = [];
    const app = await connectGitHub();
    for (const installation of await listInstallations()) {
      if (!(await isServed(installation.account))) continue;
      const repositories = await listRepositories(app.installation(installation.id));
      const room = repositories.slice(0, compared - seen.size);
      results.push(...(await compare(app, installation, room, scheduled)));
      for (const { id } of room) seen.add(id);
      if (room.length === repositories.length) continue;
      const limited = `only the first ${compared} repositories are compared; λ reconcile compares all of them`;
      return [...results, unknown(limited)];
    }
    for (const id of scheduled) if (!seen.has(id)) results.push(await orphan(id));
    const good = `the schedules of ${scheduled.size} repositories match their configs`;
    return results.some(({ verdict }) => verdict === "fault") ? results : [...results, ok(good)];
  },
};

async function compare(
  app: GitHubApp,
  { id }: Installation,
  repositories: readonly ListedRepository[],
  scheduled: ReadonlySet<number>,
): Promise<Result[]> {
  const octokit = app.installation(id);
  const results: Result[] = [];
  for (let from = 0; from < repositories.length; from += atOnce) {
    for (const surveyed of await surveyFiles(octokit, repositories.slice(from, from + atOnce), configPath)) {
      const { owner, name } = surveyed.repository;
      const differences = await scheduleDifferences(id, surveyed, scheduled);
      if (!differences) {
        const why = "its config has faults or can't be read, so its schedules stay unchanged";
        results.push(unknown(`${owner}/${name} is not compared: ${why}`));
        continue;
      }
      const { unwanted, wrong } = differences;
      const messages = [
        ...unwanted.map((schedule) => `has the schedule ${schedule}, but its config has no such job`),
        ...wrong.map(({ schedule, deviations }) =>
          deviations
            ? `has a schedule ${schedule.name} that differs from its config: ${deviations.join(", ")}`
            : `lacks the schedule ${schedule.name} of its config`,
        ),
      ];
      results.push(...messages.map((message) => fault(`${owner}/${name} ${message}`, byItself)));
    }
  }
  return results;
}

/** Left-over schedules of a repository that the relay no longer serves. */
async function orphan(id: number): Promise<Result> {
  const { owner, name } = (await new RepositorySchedules(id).source())?.repository ?? {};
  const title = owner === undefined ? `the repository ${id}` : `${owner}/${name}`;
  return fault(`${title} has schedules, but no installation that is served has it`, byItself);
}
