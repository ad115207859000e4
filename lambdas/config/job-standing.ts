import { knownAccounts } from "../aws/known-accounts.js";
import type { RepositoryClient } from "../github/repository.js";
import { configPath } from "../model/config-path.js";
import type { Person } from "../model/event.js";
import { isSameLogin } from "../model/login.js";
import { isEnough } from "../model/permission.js";
import { jobEnvironment } from "../runtime/environment.js";
import { type JobOrigin, originOf } from "./job-origins.js";
import type { ScheduledJob } from "./repo-config.js";

/** The permission that a person needs for a job to work as them: the same as for assigning the agent. */
export const jobPermission = "write";

/** Who the agent works as: a person, the service user, or nobody. For nobody, the reason tells people what to do. */
export type Standing<Who = Person> =
  | { as: "person"; person: Who }
  | { as: "service" }
  | { as: "nobody"; reason: string };

/**
 * The same for a file that is not on the default branch yet. A new job will belong to the person who pushes it there.
 */
export type ExpectedStanding = Standing<Pick<Person, "login">> | { as: "pusher" };

/** Who the agent works as in a config's jobs, by name, and on its failed runs. */
export interface ConfigStandings {
  jobs: ReadonlyMap<string, ExpectedStanding>;
  failedRuns: Standing;
}

/** Who the agent works as if no person asked for the work: a failing branch, or a bot's job. */
export function standingOfNobody(): Standing {
  if (jobEnvironment().CODER_SERVICE_USER !== undefined) return { as: "service" };
  return refused(`${noServiceUser}.`);
}

/**
 * Who a due job works as. It works as the person who pushed it, or as an `owner` whom the operator allows, so nobody can
 * make it work in another person's name. That person must have write permission now.
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
    // Compares ids: a login can be renamed and then taken by another person.
    const isItself = pusher?.id === person.id;
    return isItself || (await isAllowedOwner(person)) ? { as: "person", person } : refused(ownerNotAllowed);
  }
  if (!origin?.pusher) return standingOfUnknown();
  return pusher && (await mayWrite(pusher)) ? { as: "person", person: pusher } : refused(pusherMayNotWrite);
}

/** Who a job is expected to work as. Sends GitHub no requests, because a stranger's file may have many jobs. */
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

/** `person` was just read from GitHub, so from now on the login in JOB_OWNERS means the account with this id. */
async function isAllowedOwner(person: Person): Promise<boolean> {
  for (const login of jobEnvironment().JOB_OWNERS) {
    if (await knownAccounts().isNamed(person, login, async () => person.id)) return true;
  }
  return false;
}

/**
 * A bot may have pushed the job, the App may have been installed after the push, or the push's delivery has not arrived
 * yet.
 */
function standingOfUnknown(): Standing {
  const standing = standingOfNobody();
  if (standing.as !== "nobody") return standing;
  return refused(
    `${noServiceUser}, or let somebody with ${jobPermission} permission change the job and push it: it then works as that person.`,
  );
}

function refused(reason: string): { as: "nobody"; reason: string } {
  return { as: "nobody", reason };
}

const noServiceUser =
  "it belongs to no person, and there is no service user for such work. Ask an operator of the relay to set CODER_SERVICE_USER";

const pusherMayNotWrite = `the person who pushed it has no ${jobPermission} permission on this repository, or has changed their login. Let somebody with that permission change the job and push it: it then works as that person.`;

const ownerMayNotWrite = `its \`owner\` is not a GitHub user with ${jobPermission} permission on this repository. Name somebody who has it, or leave \`owner\` out.`;

const ownerNotAllowed = `its \`owner\` is not the person who pushed it, and the operator of the relay has not allowed that. Leave \`owner\` out of ${configPath}, let the owner change the job and push it, or ask the operator to add the owner to JOB_OWNERS.`;
