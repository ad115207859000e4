import { knownAccounts } from "../aws/known-accounts.js";
import type { RepositoryClient } from "../github/repository.js";
import { configPath } from "../model/config-path.js";
import type { Person } from "../model/event.js";
import { isSameLogin } from "../model/login.js";
import { isEnough } from "../model/permission.js";
import { jobEnvironment } from "../runtime/environment.js";
import { type JobOrigin, originOf } from "./job-origins.js";
import type { ScheduledJob } from "./repo-config.js";

/** What somebody has to have on the repository for a job to work as that person, as who assigns the agent has. */
export const jobPermission = "write";

/** As whom work is done: as a person, as the service user, or not at all, with the reason and the remedy for people. */
export type Standing<Who = Person> =
  | { as: "person"; person: Who }
  | { as: "service" }
  | { as: "nobody"; reason: string };

/** The same for a file that is looked at: a job that is not in place yet is whoever's puts it there. */
export type ExpectedStanding = Standing<Pick<Person, "login">> | { as: "pusher" };

/** As whom all that a config asks for works: the jobs by their names, and failed runs. */
export interface ConfigStandings {
  jobs: ReadonlyMap<string, ExpectedStanding>;
  failedRuns: Standing;
}

/** As whom work is done that no person is behind: a failing branch, the job of a bot. */
export function standingOfNobody(): Standing {
  if (jobEnvironment().CODER_SERVICE_USER !== undefined) return { as: "service" };
  return refused(`${noServiceUser}.`);
}

/**
 * As whom a job works that is due. Nobody works in somebody else's name: it is the person whose push has put the job
 * in place, or an `owner` whom the operator has allowed; with write permission now.
 */
export async function standingOf(
  job: ScheduledJob,
  origins: readonly JobOrigin[],
  repository: RepositoryClient,
): Promise<Standing> {
  const mayWrite = async (person: Person) => isEnough(await repository.permissionOf(person), jobPermission);
  const origin = originOf(job, origins);
  const pusher = origin?.hadWrite ? origin.pusher : null;
  if (job.owner !== undefined) {
    const person = await repository.person(job.owner);
    if (!person || !(await mayWrite(person))) return refused(ownerMayNotWrite);
    // By the ids: a login can be renamed, and taken by somebody else.
    const isItself = pusher?.id === person.id;
    return isItself || (await isAllowedOwner(person)) ? { as: "person", person } : refused(ownerNotAllowed);
  }
  if (!origin?.pusher) return standingOfUnknown();
  return pusher && (await mayWrite(pusher)) ? { as: "person", person: pusher } : refused(pusherMayNotWrite);
}

/** As whom a job is expected to work, by what is known without a question: a stranger's file may have many jobs. */
export function expectedStanding(job: ScheduledJob, origins: readonly JobOrigin[]): ExpectedStanding {
  const origin = originOf(job, origins);
  const pusher = origin?.hadWrite ? origin.pusher : null;
  if (job.owner !== undefined) {
    const { owner: login } = job;
    const allowed = [...jobEnvironment().JOB_OWNERS, ...(pusher ? [pusher.login] : [])];
    const isAllowed = allowed.some((name) => isSameLogin(name, login));
    return isAllowed ? { as: "person", person: { login } } : refused(ownerNotAllowed);
  }
  if (!origin) return { as: "pusher" };
  if (!origin.pusher) return standingOfUnknown();
  return pusher ? { as: "person", person: pusher } : refused(pusherMayNotWrite);
}

/** GitHub has told the person's login and id just now: that is whom the login in JOB_OWNERS means from then on. */
async function isAllowedOwner(person: Person): Promise<boolean> {
  for (const login of jobEnvironment().JOB_OWNERS) {
    if (await knownAccounts().isNamed(person, login, async () => person.id)) return true;
  }
  return false;
}

/** The push may be a bot's, or of before the App came, or nobody has told of it yet. */
function standingOfUnknown(): Standing {
  const standing = standingOfNobody();
  if (standing.as !== "nobody") return standing;
  return refused(
    `${noServiceUser}, or let somebody with ${jobPermission} permission change the job and push it: it is then that person's.`,
  );
}

function refused(reason: string): { as: "nobody"; reason: string } {
  return { as: "nobody", reason };
}

const noServiceUser =
  "it belongs to no person, and there is no service user for such work. Ask an operator of the relay to set CODER_SERVICE_USER";

const pusherMayNotWrite = `whoever has pushed it has no ${jobPermission} permission on this repository, or another login by now. Let somebody who has it change the job and push it: it is then that person's.`;

const ownerMayNotWrite = `its \`owner\` is no GitHub user with ${jobPermission} permission on this repository. Name one who has it, or leave \`owner\` out.`;

const ownerNotAllowed = `its \`owner\` is somebody else than who has pushed it, and the operator of the relay has not allowed that. Leave \`owner\` out of ${configPath}, let the owner change the job and push it, or ask the operator to add the owner to JOB_OWNERS.`;
