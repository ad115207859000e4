import { randomUUID } from "node:crypto";
import { z } from "zod";
import type { Engine } from "../../engine/index.js";
import type { HttpRequest } from "../../http/http-server.js";
import type { Section } from "../../state/section.js";
import { AwsError, epochSeconds } from "../protocol/aws-json.js";
import { Endpoint } from "../protocol/endpoint.js";
import { page } from "../protocol/page.js";
import { serveRestJson } from "../protocol/rest-json.js";
import { type Credentials, exampleCredentials, region } from "../protocol/signature.js";
import { ScaledClock } from "./scaled-clock.js";
import {
  definitionSchema,
  nameSchema,
  Schedule,
  type ScheduleContext,
  type ScheduleDefinition,
  type ScheduleRun,
} from "./schedule.js";
import {
  describe,
  type KeptSchedule,
  keptSchedule,
  keyOf,
  type StoredSchedule,
  summarize,
} from "./stored-schedule.js";

const account = `arn:aws:scheduler:${region}:000000000000`;

/** The API's errors whose status is not 400. */
const statuses = { ResourceNotFoundException: 404, ConflictException: 409 };

/** Limits the memory of a system that runs for days. */
const keptRuns = 1000;

const pathParameters = z.object({ name: nameSchema });
const groupQuery = z.object({ groupName: nameSchema.default("default") });
const pageQuery = {
  NamePrefix: nameSchema.optional(),
  MaxResults: z.coerce.number().int().min(1).max(100).default(100),
  NextToken: z.string().min(1).max(2048).optional(),
};
const listQuery = z.object({
  ScheduleGroup: nameSchema.optional(),
  State: z.enum(["ENABLED", "DISABLED"]).optional(),
  ...pageQuery,
});
const listGroupsQuery = z.object(pageQuery);

export interface SchedulerOptions {
  /** The only schedule group besides `default`. */
  group: string;
  /** Factor for the time between two runs; with 0, schedules fire only by hand. Default: 1. */
  timeScale?: number;
  /** Calls a Lambda by its ARN. Default: schedules have no Lambdas as targets. */
  invoke?: (functionArn: string, payload: unknown) => Promise<unknown>;
  /** Requests that are not signed with them are refused. Default: `local` for both. */
  credentials?: Credentials;
  /** Keeps the schedules. Default: they are in memory only. */
  kept?: Section | undefined;
}

/**
 * A local EventBridge Scheduler with the operations that Lambdas, tests and `aws scheduler` use. Schedules do fire: the
 * clock starts at the real time and runs faster by the time scale, and each run starts an execution in the engine.
 * https://docs.aws.amazon.com/scheduler/latest/APIReference/API_Operations.html
 */
export class Scheduler extends Endpoint {
  /** The newest runs, the oldest first. */
  readonly runs: ScheduleRun[] = [];
  readonly #group: string;
  readonly #context: ScheduleContext;
  readonly #kept: Section | undefined;
  readonly #created = new Date();
  #stopped = false;
  /** By group and name. */
  readonly #schedules = new Map<string, StoredSchedule>();

  constructor(engine: Engine, options: SchedulerOptions) {
    super();
    const { group, timeScale = 1, invoke, kept, credentials = exampleCredentials } = options;
    this.#group = group;
    this.#kept = kept;
    this.#context = {
      clock: new ScaledClock(timeScale),
      start: (arn, input) => engine.start(arn, randomUUID(), input).executionArn,
      invoke: (arn, input) => {
        if (!invoke) throw new AwsError("ResourceNotFoundException", `Function not found: ${arn}`);
        // The call is asynchronous, so Scheduler doesn't see a failure.
        invoke(arn, JSON.parse(input)).catch(() => {});
      },
      onRun: (run) => {
        this.runs.push(run);
        if (this.runs.length > keptRuns) this.runs.shift();
      },
      onArmed: (schedule) => this.#keep(keyOf(schedule)),
    };
    serveRestJson(this.server, {
      signingName: "scheduler",
      credentials,
      statuses,
      operations: {
        "POST /schedules/:name": (request) => this.#create(request),
        "PUT /schedules/:name": (request) => this.#update(request),
        "GET /schedules/:name": (request) => describe(this.#find(request)),
        "DELETE /schedules/:name": (request) => this.#delete(request),
        "GET /schedules": (request) => this.#list(request),
        "GET /schedule-groups": (request) => this.#listGroups(request),
        "GET /schedule-groups/:name": ({ params }) => this.#describeGroup(pathParameters.parse(params).name),
      },
    });
  }

  /** Continues the schedules of a former process. Their targets must already exist. */
  resume(): void {
    for (const [key, value] of this.#kept?.entries ?? []) {
      const { name, definition, created, changed, token, due } = value as KeptSchedule;
      const schedule = this.#scheduleOf(key, name, definition);
      const dates = { created: new Date(created), changed: new Date(changed) };
      this.#schedules.set(key, { schedule, token, ...dates });
      schedule.resume(due);
    }
  }

  /** Stops all schedules from firing on their own. */
  stop(): void {
    this.#stopped = true;
    for (const { schedule } of this.#schedules.values()) schedule.stop();
  }

  /** Stops listening. The engine keeps running. */
  override close(): Promise<void> {
    this.stop();
    return this.server.close();
  }

  /** The group's schedules by name. */
  list(): { name: string; definition: ScheduleDefinition }[] {
    return this.#sorted()
      .filter(({ schedule }) => schedule.definition.GroupName === this.#group)
      .map(({ schedule: { name, definition } }) => ({ name, definition }));
  }

  /** Creates or replaces a schedule of the group `default`, as a deployment does. */
  deploy(
    name: string,
    definition: Pick<ScheduleDefinition, "ScheduleExpression"> & { Target: object },
  ): void {
    this.#schedules.get(`default/${name}`)?.schedule.stop();
    const now = new Date();
    const whole = definitionSchema.parse({ FlexibleTimeWindow: { Mode: "OFF" }, ...definition });
    this.#put(`default/${name}`, name, whole, { created: now, changed: now, token: undefined });
  }

  /** Fires a schedule of the group now instead of at its due time. */
  fire(name: string): ScheduleRun {
    return this.#stored(this.#group, name).schedule.fire();
  }

  #create(request: HttpRequest): object {
    const { name, definition } = this.#parse(request);
    const key = `${definition.GroupName}/${name}`;
    const present = this.#schedules.get(key);
    if (present) {
      const isRepeated = present.token !== undefined && present.token === definition.ClientToken;
      if (!isRepeated) throw new AwsError("ConflictException", `Schedule ${name} already exists.`);
      return { ScheduleArn: present.schedule.arn };
    }
    const now = new Date();
    return this.#put(key, name, definition, { created: now, changed: now, token: definition.ClientToken });
  }

  #update(request: HttpRequest): object {
    const { name, definition } = this.#parse(request);
    const { schedule, created, token } = this.#stored(definition.GroupName, name);
    const key = `${definition.GroupName}/${name}`;
    const answer = this.#put(key, name, definition, { created, changed: new Date(), token });
    schedule.stop();
    return answer;
  }

  #put(
    key: string,
    name: string,
    definition: ScheduleDefinition,
    rest: Omit<StoredSchedule, "schedule">,
  ): { ScheduleArn: string } {
    const schedule = this.#scheduleOf(key, name, definition);
    this.#schedules.set(key, { schedule, ...rest });
    this.#keep(key);
    if (!this.#stopped) schedule.arm();
    return { ScheduleArn: schedule.arn };
  }

  #scheduleOf(key: string, name: string, definition: ScheduleDefinition): Schedule {
    return new Schedule(`${account}:schedule/${key}`, name, definition, this.#context);
  }

  #keep(key: string): void {
    const stored = this.#schedules.get(key);
    if (stored) this.#kept?.put(key, keptSchedule(stored));
  }

  #delete(request: HttpRequest): object {
    const { schedule } = this.#find(request);
    schedule.stop();
    this.#schedules.delete(keyOf(schedule));
    this.#kept?.delete(keyOf(schedule));
    return {};
  }

  /** A token names the last schedule of the previous page, so removals in the meantime don't move other schedules. */
  #list({ query }: HttpRequest): object {
    const wanted = listQuery.parse(Object.fromEntries(query));
    if (wanted.ScheduleGroup !== undefined) this.#checkGroup(wanted.ScheduleGroup);
    const after = wanted.NextToken && Buffer.from(wanted.NextToken, "base64url").toString("utf8");
    if (after !== undefined && !/^[\w.-]+\/[\w.-]+$/.test(after)) {
      throw new AwsError("ValidationException", "Invalid NextToken.");
    }
    const rest = this.#sorted()
      .filter(({ schedule }) => after === undefined || keyOf(schedule) > after)
      .filter(({ schedule: { name, definition } }) => {
        const { GroupName, State } = definition;
        return (
          (wanted.ScheduleGroup === undefined || wanted.ScheduleGroup === GroupName) &&
          (wanted.State === undefined || wanted.State === State) &&
          name.startsWith(wanted.NamePrefix ?? "")
        );
      });
    const shown = rest.slice(0, wanted.MaxResults);
    const last = shown.at(-1);
    const next = rest.length > shown.length && last ? keyOf(last.schedule) : undefined;
    return {
      Schedules: shown.map(summarize),
      ...(next !== undefined && { NextToken: Buffer.from(next).toString("base64url") }),
    };
  }

  #listGroups({ query }: HttpRequest): object {
    const wanted = listGroupsQuery.parse(Object.fromEntries(query));
    const names = [...new Set(["default", this.#group])].sort();
    const fits = (name: string) => name.startsWith(wanted.NamePrefix ?? "");
    const { items, next } = page(names, (name) => name, {
      size: wanted.MaxResults,
      token: wanted.NextToken,
      fits,
      invalidToken: "ValidationException",
    });
    return {
      ScheduleGroups: items.map((name) => this.#describeGroup(name)),
      ...(next !== undefined && { NextToken: next }),
    };
  }

  #describeGroup(name: string): object {
    this.#checkGroup(name);
    const created = epochSeconds(this.#created);
    const Arn = `${account}:schedule-group/${name}`;
    return { Arn, Name: name, State: "ACTIVE", CreationDate: created, LastModificationDate: created };
  }

  #parse({ params, body }: HttpRequest): { name: string; definition: ScheduleDefinition } {
    const { name } = pathParameters.parse(params);
    const definition = definitionSchema.parse(body);
    this.#checkGroup(definition.GroupName);
    return { name, definition };
  }

  #find({ params, query }: HttpRequest): StoredSchedule {
    const { groupName } = groupQuery.parse(Object.fromEntries(query));
    return this.#stored(groupName, pathParameters.parse(params).name);
  }

  #stored(group: string, name: string): StoredSchedule {
    this.#checkGroup(group);
    const stored = this.#schedules.get(`${group}/${name}`);
    if (!stored) throw new AwsError("ResourceNotFoundException", `Schedule ${name} does not exist.`);
    return stored;
  }

  #checkGroup(group: string): void {
    if (group === "default" || group === this.#group) return;
    throw new AwsError("ResourceNotFoundException", `Schedule group ${group} does not exist.`);
  }

  #sorted(): StoredSchedule[] {
    const stored = [...this.#schedules.values()];
    return stored.sort((a, b) => (keyOf(a.schedule) < keyOf(b.schedule) ? -1 : 1));
  }
}
