import type { RepositoryName } from "../github/contents.js";
import { Inbox } from "../inbox/inbox.js";
import { mayWait } from "../inbox/meta.js";
import type { Issue } from "../model/event.js";
import { type TaskKey, type TaskPull, type TaskRecord, taskKey } from "../model/record.js";
import type { SourcedRecord, Telling } from "../status/mention.js";
import { openPullsOf } from "./pulls.js";

/** A transition after which a person has to act. */
export interface Transition extends Omit<Telling, "mention" | "otherwise"> {
  /** When it happened: milliseconds since the epoch. */
  at: number;
  /** How many times longer than others it must last before the person is told. Default: 1. */
  patience?: number;
  headline: string;
  shows?: "detail" | "report";
  /** The pull request that the person should review. */
  reviews?: TaskPull;
}

/** The transitions that the person who asked for an issue's work has to know. */
export async function transitionsOf(record: SourcedRecord): Promise<Transition[]> {
  if (!("issue" in record.source)) return [];
  const ofStatus = await statusTransition(record, record.source.issue);
  return [...(ofStatus ? [ofStatus] : []), ...openPullsOf(record).flatMap((pull) => readiness(record, pull))];
}

async function statusTransition(record: SourcedRecord, page: Issue): Promise<Transition | undefined> {
  const { status, statusAt: at = 0, intent } = record;
  if (!status) return undefined;
  const { state, asks, reference, isRetried } = status;
  if (state === "failed" && !isRetried) {
    const transition = `failed#${reference ?? intent}`;
    return { transition, at, page, headline: "This has failed, and somebody has to act.", shows: "detail" };
  }
  if (asks) {
    const { transition, pull } = asks;
    const page = { ...pull, repository: repositoryOf(pull.url) };
    return { transition, at, page, headline: "CI needs you.", shows: "detail" };
  }
  if (state !== "waiting") return undefined;
  const transition = await turnOf(record);
  if (transition === undefined) return undefined;
  const headline = "The agent has finished its turn and waits for you.";
  return { transition, at, page, headline, shows: "report" };
}

/** The repository of a pull request, by its page. It may differ from the issue's. */
function repositoryOf(url: string): RepositoryName {
  const [, owner = "", name = ""] = new URL(url).pathname.split("/");
  return { owner, name };
}

/** CI may start late, and an agent that works may push again. */
const patience = { none: 10, working: 20 };

/**
 * A pull request becomes ready once for each newest commit, and only if GitHub says that it can be merged. Conflicts are for
 * the agent to resolve. If the agent only reviews a pull request, making it ready is somebody else's job.
 */
function readiness({ status }: SourcedRecord, pull: TaskPull): Transition[] {
  const { state, ask, checks, repository, number } = pull;
  if (state !== "open" || ask === "review" || !checks?.isMergeable) return [];
  const { headSha, result, at } = checks;
  if (result !== "passed" && result !== "none") return [];
  const ci = result === "passed" ? "and its checks are green" : "and no checks have reported on it";
  return [
    {
      transition: `ready#${repository.id}#${number}#${headSha}`,
      at,
      patience: Math.max(
        result === "none" ? patience.none : 1,
        status?.state === "running" ? patience.working : 1,
      ),
      page: pull,
      headline: `This pull request is ready, ${ci}.`,
      reviews: pull,
    },
  ];
}

const turnsOf = ({ intent }: TaskRecord) => `waits#${intent}#`;

/**
 * The name of the finished turn. It contains the number of stored inputs, because the agent may work and rest again by
 * itself. `undefined` if the requester has been told since the agent rests, or if an input still waits to be sent.
 */
async function turnOf(record: SourcedRecord): Promise<string | undefined> {
  const told = Object.entries(record.told ?? {}).filter(([name]) => name.startsWith(turnsOf(record)));
  if (told.some(([, { at, isDone }]) => isDone && at >= (record.statusAt ?? 0))) return undefined;
  const key: TaskKey = taskKey(record.source);
  const meta = await new Inbox(key).meta.read();
  return mayWait(meta) ? undefined : `${turnsOf(record)}${meta.stored ?? 0}`;
}
