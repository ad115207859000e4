import { installedRepositories } from "../../lambdas/github/installations.js";
import { isRefusal } from "../../lambdas/model/errors.js";
import { isAssignable } from "../operations/assignable.js";
import { allInstallations } from "../operations/registered-app.js";
import { type Check, fault, ok, type Result, unknown } from "./finding.js";

/** How many repositories of each installation are checked. */
const examined = 10;

export const agent: Check = {
  name: "Agent",
  async run({ environment: { AGENT_GITHUB_USERNAME: login = "" } }) {
    const { connectGitHub } = await import("../../lambdas/github/app.js");
    const app = await connectGitHub();
    const active = (await allInstallations()).filter(({ suspended_at: suspendedAt }) => !suspendedAt);
    const [first] = active;
    if (!first) return [unknown("not checked, because no account has the App installed")];
    const client = app.installation(first.id);
    const type = await client.rest.users.getByUsername({ username: login }).then(
      ({ data }) => data.type,
      (error: unknown) => {
        if (isRefusal(error, 404)) return undefined;
        throw error;
      },
    );
    const other = "Set AGENT_GITHUB_USERNAME to a user account (docs/github-app-setup.md), and deploy again.";
    if (type === undefined) return [fault(`GitHub has no account ${login}`, other)];
    if (type !== "User")
      return [fault(`${login} is not a user but a ${type}, which GitHub can't assign`, other)];
    const refused = await Promise.all(
      active.map(({ id }) => repositoriesWithout(app.installation(id), login)),
    );
    return [wordsFor(login, refused.flat())];
  },
};

function wordsFor(login: string, refused: string[]): Result {
  if (refused.length === 0) return ok(`${login} can be assigned`);
  return fault(
    `${login} can't be assigned in ${refused.join(", ")}`,
    "Give it access there, as a collaborator or through a team.",
  );
}

type Client = Parameters<typeof installedRepositories>[0];

/** Those of an installation's first ten repositories whose issues can't be assigned to the agent. */
async function repositoriesWithout(client: Client, assignee: string): Promise<string[]> {
  const repositories = await installedRepositories(client, 1, examined);
  const refused = repositories.map(async (repository) => {
    const { owner, name } = repository;
    return (await isAssignable(client, repository, assignee)) ? [] : [`${owner}/${name}`];
  });
  return (await Promise.all(refused)).flat();
}
