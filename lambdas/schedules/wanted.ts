import { createHash } from "node:crypto";
import * as z from "zod/mini";
import { InvalidScheduleError } from "../model/errors.js";
import { jobDueSchema } from "../model/event.js";
import { limits } from "../text/limits.js";
import { translateCron } from "./cron.js";

const nameLength = limits.aws.scheduleName.max;
const hashLength = 10;

/** The repository and installation of the jobs, for the input of `create-task`. */
export interface ScheduleSource {
  /** The id of the App's installation. */
  installation: number;
  repository: { id: number; owner: string; ownerId?: number | undefined; name: string; private: boolean };
}

/** The part of a scheduled job that its schedules are made from. */
export interface JobSchedule {
  name: string;
  /** Five fields of Unix cron, already checked with `translateCron`. */
  schedule: string;
  /** IANA name. Default: UTC. */
  timezone?: string | undefined;
}

/** A schedule as it should be in EventBridge Scheduler. */
export interface WantedSchedule {
  name: string;
  /** `cron(…)` of EventBridge Scheduler. */
  expression: string;
  timezone: string;
  /** JSON, into which Scheduler inserts the time that a run was due. */
  input: string;
}

/** The prefix of the names of a repository's schedules. Its dot keeps repository 12 apart from 123. */
export function schedulePrefix(repositoryId: number): string {
  return `${repositoryId}.`;
}

/** The repository that a schedule belongs to, from the schedule's name. */
export function repositoryOfSchedule(name: string): number {
  return Number.parseInt(name, 10);
}

/**
 * The schedules of a repository's jobs. Pure: the same jobs give the same schedules. The jobs' names must be unique.
 * Throws an `InvalidScheduleError` if an expression cannot be translated.
 */
export function wantedSchedules(source: ScheduleSource, jobs: readonly JobSchedule[]): WantedSchedule[] {
  return jobs.flatMap((job) => {
    const translation = translateCron(job.schedule);
    if ("fault" in translation) throw new InvalidScheduleError(translation.fault);
    return translation.expressions.map((expression, index) => ({
      name: scheduleName(source.repository.id, job.name, index),
      expression,
      timezone: job.timezone ?? "UTC",
      input: jobDue(source, job.name),
    }));
  });
}

/**
 * `{repository id}.{job}`, or `{repository id}.{job}.{hash}` if Scheduler doesn't allow the job's name. The second
 * schedule of a job ends in `.2`. A name with a dot or capitals also gets a hash, so no job can get the name of another
 * job's second schedule, and Scheduler's case sensitivity doesn't matter.
 */
export function scheduleName(repositoryId: number, job: string, index: number): string {
  const end = index === 0 ? "" : `.${index + 1}`;
  const plain = `${schedulePrefix(repositoryId)}${job}`;
  // Leave room for `.24`: a job has at most 24 schedules.
  if (/^[0-9a-z_-]+$/.test(job) && plain.length <= nameLength - 3) return `${plain}${end}`;
  const hash = createHash("sha256").update(job).digest("hex").slice(0, hashLength);
  const room = nameLength - `${schedulePrefix(repositoryId)}.${hash}.24`.length;
  const readable = job
    .normalize("NFKD")
    .replace(/[^0-9a-zA-Z_-]+/g, "-")
    .slice(0, room)
    .replace(/^-+|-+$/g, "");
  return `${schedulePrefix(repositoryId)}${readable || "job"}.${hash}${end}`;
}

/** The repository and installation in a schedule's input; `undefined` if the schedule isn't for a job. */
export function sourceOfSchedule(input: string): ScheduleSource | undefined {
  const parsed = z.safeParse(z.object({ event: jobDueSchema }), JSON.parse(input));
  return parsed.success ? parsed.data.event : undefined;
}

/**
 * The input of `create-task`. The delivery is the due time, not the id of the invocation, so two schedules of one job at
 * the same time, or a repeated invocation, count as one. Scheduler replaces `<aws.scheduler.…>` anywhere in the text, so
 * every other `<` is escaped.
 * https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-schedule-context-attributes.html
 */
function jobDue({ installation, repository }: ScheduleSource, name: string): string {
  const { id, owner, ownerId, name: repositoryName, private: isPrivate } = repository;
  const rest = JSON.stringify({
    installation,
    repository: { id, owner, ownerId, name: repositoryName, private: isPrivate },
    job: { name },
  }).replaceAll("<", "\\u003c");
  const due = JSON.stringify("<aws.scheduler.scheduled-time>");
  return `{"event":{"type":"job_due","delivery":${due},"at":${due},${rest.slice(1)}}`;
}
