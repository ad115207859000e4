import { once } from "node:events";
import { type IncomingMessage, request } from "node:http";
import { buffer } from "node:stream/consumers";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import fc from "fast-check";
import { type AgentWait, firstAgentWait } from "../../../lambdas/inbox/readiness.js";
import type { CommentPosted, CommentWithdrawn } from "../../../lambdas/model/event.js";
import { type LocalDynamoDb, startDynamoDb } from "../../../local/aws/dynamodb/dynamodb.js";
import { SecretsManager } from "../../../local/aws/secrets-manager/secrets-manager.js";
import { StepFunctions } from "../../../local/aws/step-functions/step-functions.js";
import { Engine } from "../../../local/engine/index.js";
import { FakeCoder } from "../../../local/fake-coder/fake-coder.js";
import type { FakeTask } from "../../../local/fake-coder/tasks/fake-task.js";
import { type HttpReply, type HttpRequest, HttpServer } from "../../../local/http/http-server.js";
import { setClock } from "../../chaos/clock.mjs";

/*
 * Drives the deployed Lambdas of the inbox through any order of events, against DynamoDB, Step Functions and Coder.
 * `Run.#step` restates the drains' state machine, so that it can be stopped between any two writes of a Lambda.
 */

const tableName = "inboxes";
const repositoryId = 4711;
const drainFlow = "arn:aws:states:us-east-1:000000000000:stateMachine:drain-inbox";
/** Longer than any Lambda may run. */
const longMs = 15 * 60_000;

/** The write at which a Lambda crashes or pauses. */
interface Mishap {
  /** It crashes before this write. */
  diesAt?: number;
  /** It pauses before or after this write to the inbox's item `meta`. */
  stopsAt?: number;
  stopsAfter?: boolean;
}

/** The outcome of a Lambda call: `stopped` if it is paused and can continue later. */
type Call<T> = { result: T } | { failed: unknown } | { stopped: Stopped<T> };

interface Stopped<T> {
  /** Lets the call continue or crash. */
  goOn(dies: boolean): Promise<Call<T>>;
}

/** A proxy between the Lambdas and DynamoDB. Only one Lambda runs at a time; the others are paused. */
class Wire {
  readonly server = new HttpServer();
  /** The reference of the batch that is being sent, according to the inbox. */
  openBatch: string | undefined;
  #mishap: Mishap = {};
  #writes = 0;
  #metaWrites = 0;
  #onStop: (held: (dies: boolean) => void) => void = () => {};

  constructor(private readonly target: string) {
    this.server.notFound = (request) => this.#forward(request);
  }

  /** Calls a Lambda with a mishap. */
  async call<T>(handler: () => Promise<T>, mishap: Mishap = {}): Promise<Call<T>> {
    this.#mishap = mishap;
    this.#writes = this.#metaWrites = 0;
    const stop = new Promise<(dies: boolean) => void>((resolve) => {
      this.#onStop = resolve;
    });
    const end = handler().then(
      (result) => ({ result }),
      (failed: unknown) => ({ failed }),
    );
    const first = await Promise.race([end, stop]);
    this.#mishap = {};
    if (typeof first !== "function") return first;
    const goOn = (dies: boolean) => {
      first(dies);
      return end;
    };
    return { stopped: { goOn } };
  }

  async #forward(request: HttpRequest): Promise<HttpReply> {
    const { diesAt = Number.POSITIVE_INFINITY, stopsAt, stopsAfter } = this.#mishap;
    const isWrite = /\.(UpdateItem|DeleteItem)$/.test(`${request.headers["x-amz-target"]}`);
    if (isWrite) this.#writes += 1;
    if (this.#writes > diesAt) return death;
    const isMeta = isWrite && request.raw.includes('"meta"');
    const isStop = isMeta && this.#metaWrites++ === stopsAt;
    if (isStop && !stopsAfter && (await this.#stop())) return death;
    const reply = await this.#send(request);
    return isStop && stopsAfter && (await this.#stop()) ? death : reply;
  }

  #stop(): Promise<boolean> {
    return new Promise((resolve) => this.#onStop(resolve));
  }

  async #send({ headers, raw, body }: HttpRequest): Promise<HttpReply> {
    // Forwarded unchanged, with the client's host header, because the signature covers it.
    const outgoing = request(this.target, { method: "POST", headers }).end(raw);
    const [response] = (await once(outgoing, "response")) as [IncomingMessage];
    const { statusCode: status = 0 } = response;
    if (status === 200) this.#note(body);
    return {
      status,
      body: await buffer(response),
      headers: { "content-type": `${headers["content-type"]}` },
    };
  }

  #note(body: unknown): void {
    const update = body as {
      UpdateExpression?: string;
      ExpressionAttributeValues?: Record<string, { M?: { reference?: { S: string } } }>;
    };
    const begun = update.ExpressionAttributeValues?.[":new_batch"]?.M?.reference?.S;
    if (begun !== undefined) this.openBatch = begun;
    else if (update.UpdateExpression?.includes("REMOVE #batch")) this.openBatch = undefined;
  }
}

/** The Lambda has crashed: its requests have no effect, and its clients do not retry. */
const death: HttpReply = {
  status: 400,
  headers: { "content-type": "application/x-amz-json-1.0" },
  body: { __type: "com.amazonaws.dynamodb#AccessDeniedException", message: "this Lambda has died" },
};

const reached = ["sent", "busy", "typed, then 502", "typed, then cut off", "cut off", "500"] as const;
type Reached = (typeof reached)[number];

/** One step of a run. A number chooses among the existing drains or comments, by remainder. */
type Command =
  | { do: "comment"; sameSecond: boolean }
  | { do: "edit"; which: number; sameSecond: boolean }
  | { do: "delete"; which: number }
  | { do: "put"; which: number; mishap: Mishap }
  | { do: "put again"; which: number; mishap: Mishap }
  | { do: "wake"; mishap: Mishap }
  | { do: "step"; which: number; send: Reached; mishap: Mishap }
  | { do: "go on"; which: number; dies: boolean }
  | { do: "abort"; which: number }
  | { do: "redrive"; which: number }
  | { do: "restart the agent" }
  | { do: "long time" };

const which = fc.nat(100);
const mishap: fc.Arbitrary<Mishap> = fc.oneof(
  { weight: 6, arbitrary: fc.constant({}) },
  { weight: 1, arbitrary: fc.record({ diesAt: fc.nat(9) }) },
  { weight: 2, arbitrary: fc.record({ stopsAt: fc.nat(1), stopsAfter: fc.boolean() }) },
);
const happens = (name: Command["do"], fields: Record<string, fc.Arbitrary<unknown>> = {}) =>
  fc.record({ do: fc.constant(name), ...fields }) as fc.Arbitrary<Command>;
const commands = fc.array(
  fc.oneof(
    { weight: 4, arbitrary: happens("comment", { sameSecond: fc.boolean() }) },
    { weight: 3, arbitrary: happens("edit", { which, sameSecond: fc.boolean() }) },
    { weight: 1, arbitrary: happens("delete", { which }) },
    { weight: 8, arbitrary: happens("put", { which, mishap }) },
    { weight: 2, arbitrary: happens("put again", { which, mishap }) },
    { weight: 5, arbitrary: happens("wake", { mishap }) },
    { weight: 14, arbitrary: happens("step", { which, send: fc.constantFrom(...reached), mishap }) },
    { weight: 3, arbitrary: happens("go on", { which, dies: fc.boolean() }) },
    { weight: 2, arbitrary: happens("abort", { which }) },
    { weight: 2, arbitrary: happens("redrive", { which }) },
    { weight: 1, arbitrary: happens("restart the agent") },
    { weight: 1, arbitrary: happens("long time") },
  ),
  { minLength: 8, maxLength: 40 },
);

let aheadMs = 0;
let dynamoDb: LocalDynamoDb;
let wire: Wire;
let engine: Engine;
let stepFunctions: StepFunctions;
let secrets: SecretsManager;
let coder: FakeCoder;
let task: FakeTask;
let lambdas: Awaited<ReturnType<typeof importLambdas>>;
let issues = 0;

/**
 * The Lambdas read their environment when they are loaded. They are imported one after the other, because Jest confuses
 * concurrent imports.
 */
async function importLambdas() {
  const { handler: put } = await import("../../../lambdas/actions/put-into-inbox.js");
  const { handler: wake } = await import("../../../lambdas/actions/wake-drain.js");
  const { handler: send } = await import("../../../lambdas/actions/send-inbox.js");
  const { TaskStore } = await import("../../../lambdas/tasks/store.js");
  return { put, wake, send, TaskStore };
}

beforeAll(async () => {
  dynamoDb = await startDynamoDb(tableName);
  wire = new Wire(dynamoDb.url);
  engine = new Engine({ invoke: async () => ({}) });
  const states = { Wait: { Type: "Wait", Seconds: 86_400, End: true } };
  engine.addMachine(drainFlow, JSON.stringify({ StartAt: "Wait", States: states }), { isThorough: false });
  stepFunctions = new StepFunctions(engine);
  secrets = new SecretsManager();
  coder = new FakeCoder({ bootMs: 1, turnMs: 60_000 });
  await Promise.all([wire.server.listen(), stepFunctions.listen(), secrets.listen(), coder.listen()]);
  secrets.put("coderToken", coder.token);
  secrets.put("taskMark", "0123456789abcdef".repeat(4));
  // A sent text must belong to the batch in the inbox, no matter which drain sends it.
  coder.http.before = ({ path, body }) => {
    const { input = "" } = (body ?? {}) as { input?: string };
    const reference = /\[relay ([0-9a-f]+)\]$/.exec(input)?.[1];
    return path.endsWith("/send") && reference !== wire.openBatch
      ? { status: 418, body: { message: `${reference} is sent, but ${wire.openBatch} is open` } }
      : undefined;
  };
  Object.assign(process.env, {
    AGENT_GITHUB_USERNAME: "coder-agent",
    TABLE_NAME: tableName,
    DRAIN_INBOX_FLOW_ARN: drainFlow,
    CODER_TOKEN_SECRET_ARN: "coderToken",
    TASK_MARK_SECRET_ARN: "taskMark",
    GITHUB_APP_SECRET_ARN: "githubApp",
    CODER_URL: coder.url,
    POWERTOOLS_LOG_LEVEL: "SILENT",
    AWS_REGION: "us-east-1",
    AWS_ACCESS_KEY_ID: "local",
    AWS_SECRET_ACCESS_KEY: "local",
    AWS_ENDPOINT_URL_SFN: stepFunctions.url,
    AWS_ENDPOINT_URL_SECRETS_MANAGER: secrets.url,
    AWS_ENDPOINT_URL_DYNAMODB: wire.server.url,
    AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: "true",
  });
  lambdas = await importLambdas();
  task = await createTask();
});

afterAll(async () => {
  setClock({ base: 0, rate: 1, aheadMs: 0 });
  engine.close();
  await Promise.all([wire.server.close(), stepFunctions.close(), secrets.close(), coder.close()]);
  await dynamoDb.close();
});

async function createTask(): Promise<FakeTask> {
  coder.addUser({ username: "mona" });
  const template = coder.addTemplate({ name: "task-template" });
  await fetch(`${coder.url}/api/v2/tasks/mona`, {
    method: "POST",
    headers: { "Coder-Session-Token": coder.token },
    body: JSON.stringify({ name: "gh-app-1", input: "go", template_version_id: template.versions[0]?.id }),
  });
  const created = coder.task("gh-app-1");
  if (!created) throw new Error("no task");
  created.finishBoot();
  return created;
}

/** One comment on GitHub. Its n-th text is `<id>.<n>;`. */
interface Comment {
  id: number;
  createdAt: string;
  texts: string[];
  isDeleted: boolean;
}

interface Delivery {
  event: CommentPosted | CommentWithdrawn;
  comment: Comment;
  second: number;
}

/** One drain: an execution, its current state, and the parts between its redrives. */
interface Drain {
  arn: string;
  generation: number;
  state: "send" | "hand over" | "done";
  wait: AgentWait;
  stretch: number;
  isCalling: boolean;
}

const isRunning = ({ arn }: Drain) => engine.describe(arn).status === "RUNNING";

/** One inbox, and all events and calls for it. */
class Run {
  readonly issue = ++issues;
  readonly key = { repositoryId, work: String(this.issue) };
  readonly comments: Comment[] = [];
  readonly happened: Delivery[] = [];
  readonly toPut: Delivery[] = [];
  readonly putOnce: Delivery[] = [];
  readonly drains: Drain[] = [];
  readonly stopped: { goOn(dies: boolean): Promise<void> }[] = [];
  firstInput = 0;
  /** For each comment, how many texts had been sent when its deletion was stored and no send was in progress. */
  readonly withdrawnAfter = new Map<Comment, number>();
  /** Comments whose first delivery was stored first. */
  readonly #cameInOrder = new Set<number>();
  readonly #came = new Set<number>();
  restarts = 0;
  second = 0;

  async begin(): Promise<void> {
    wire.openBatch = undefined;
    restartAgent();
    task.agent.take("Go.");
    this.firstInput = task.inputs.length;
    const location = { backend: "tasks" as const, owner: "mona", name: `gh-app-${this.issue}`, id: task.id };
    const changes = { intent: 1, wanted: true, task: location };
    await new lambdas.TaskStore().update(this.key, changes, { expression: "attribute_not_exists(#intent)" });
  }

  async do(command: Command): Promise<void> {
    switch (command.do) {
      case "comment":
        return this.#comment(command.sameSecond);
      case "edit":
        return this.#change(command.which, { sameSecond: command.sameSecond, isDeletion: false });
      case "delete":
        return this.#change(command.which, { sameSecond: false, isDeletion: true });
      case "put":
        return this.#put(this.#next(command.which), command.mishap);
      case "put again":
        return this.#put(pick(this.putOnce, command.which), command.mishap);
      case "wake":
        return this.#wake(command.mishap);
      case "step":
        return this.#step(pick(this.#running(), command.which), command.send, command.mishap);
      case "go on":
        return pick(this.stopped, command.which)?.goOn(command.dies);
      case "abort":
        return this.#abort(pick(this.drains.filter(isRunning), command.which));
      case "redrive": {
        const hasFailed = (drain: Drain) => drain.state !== "done" && !isRunning(drain);
        return this.#redrive(pick(this.drains.filter(hasFailed), command.which));
      }
      case "restart the agent":
        this.restarts += 1;
        return restartAgent();
      case "long time":
        return this.#longTime();
    }
  }

  /** Edits the first comment back to its first text, and stores that. */
  async takeBack(): Promise<void> {
    const [comment] = this.comments;
    const [original] = comment?.texts ?? [];
    if (!comment || original === undefined) return;
    this.second += 1;
    comment.texts.push(original);
    this.#happens(comment);
    await this.#put(this.toPut[0], {});
  }

  /** Runs without mishaps until nothing is left to do. */
  async end(): Promise<void> {
    await this.#longTime();
    for (const delivery of [...this.toPut]) await this.#put(delivery, {});
    expect(this.toPut).toEqual([]);
    await this.#wake({});
    for (let steps = 0; this.#running().length > 0; steps++) {
      if (steps > 200) throw new Error("the drains do not end");
      await this.#step(this.#running()[0], "sent", {});
    }
  }

  /** The drains that wait for no Lambda. */
  #running(): Drain[] {
    return this.drains.filter((drain) => isRunning(drain) && !drain.isCalling);
  }

  #comment(sameSecond: boolean): void {
    if (!sameSecond) this.second += 1;
    const id = 1000 * this.issue + this.comments.length;
    const comment = { id, createdAt: timeOf(this.second), texts: [`${id}.0;`], isDeleted: false };
    this.comments.push(comment);
    this.#happens(comment);
  }

  #change(which: number, { sameSecond, isDeletion }: { sameSecond: boolean; isDeletion: boolean }): void {
    const comment = pick(
      this.comments.filter(({ isDeleted }) => !isDeleted),
      which,
    );
    if (!comment) return;
    if (!sameSecond) this.second += 1;
    if (isDeletion) comment.isDeleted = true;
    else comment.texts.push(`${comment.id}.${comment.texts.length};`);
    this.#happens(comment);
  }

  #happens(comment: Comment): void {
    const { id, texts, createdAt, isDeleted } = comment;
    const [body = "", previousBody] = texts.slice(-2).reverse();
    const url = `https://github.com/octo/app/issues/${this.issue}`;
    const fields = {
      delivery: `delivery-${this.issue}-${this.happened.length}`,
      installation: 1,
      repository: { id: repositoryId, owner: "octo", name: "app", private: false },
      sender: { id: 1, login: "mona", type: "User" },
      at: createdAt,
      subject: { kind: "issue" as const, number: this.issue, url },
      agentAssigned: true,
    };
    const words = {
      kind: "comment" as const,
      id,
      url: `${url}#issuecomment-${id}`,
      author: "mona",
      body,
      createdAt,
      updatedAt: timeOf(this.second),
      ...(previousBody !== undefined && { previousBody }),
    };
    const event: Delivery["event"] = isDeleted
      ? { ...fields, type: "comment_withdrawn", comment: { kind: "comment", id } }
      : { ...fields, type: "comment_posted", comment: words };
    const delivery = { event, comment, second: this.second };
    this.happened.push(delivery);
    this.toPut.push(delivery);
  }

  /** Deliveries in any order, except for one comment's texts of the same second, whose order is unknowable. */
  #next(which: number): Delivery | undefined {
    return pick(
      this.toPut.filter(
        ({ comment, second }, i) =>
          !this.toPut.slice(0, i).some((other) => other.comment === comment && other.second === second),
      ),
      which,
    );
  }

  /** A failed put is retried later. */
  async #put(delivery: Delivery | undefined, mishap: Mishap): Promise<void> {
    if (!delivery) return;
    const { event, comment } = delivery;
    const done = (result: object | undefined) => {
      if (!result) return;
      if (this.toPut.includes(delivery)) this.toPut.splice(this.toPut.indexOf(delivery), 1);
      if (!this.putOnce.includes(delivery)) this.putOnce.push(delivery);
      const isUnderWay = wire.openBatch !== undefined || this.drains.some(({ isCalling }) => isCalling);
      if (event.type === "comment_withdrawn" && !isUnderWay && !this.withdrawnAfter.has(comment)) {
        this.withdrawnAfter.set(comment, this.#toldOf(comment).length);
      }
    };
    const isCreation = this.happened.find((other) => other.comment === comment) === delivery;
    if (isCreation && !this.#came.has(comment.id)) this.#cameInOrder.add(comment.id);
    this.#came.add(comment.id);
    const call = await wire.call(() => lambdas.put({ event, key: this.key, hasTask: true }), mishap);
    await this.#settle(call, done);
  }

  async #wake(mishap: Mishap): Promise<void> {
    const call = await wire.call(() => lambdas.wake({ key: this.key }), mishap);
    await this.#settle(call, () => {});
    this.#meetDrains();
  }

  #meetDrains(): void {
    for (const { executionArn: arn, input } of engine.list({ stateMachineArn: drainFlow })) {
      const { drain } = JSON.parse(input);
      if (drain.work !== this.key.work || this.drains.some((known) => known.arn === arn)) continue;
      const { generation } = drain;
      this.drains.push({ arn, generation, state: "send", wait: readyAgent, stretch: 0, isCalling: false });
    }
  }

  /** One state of a drain without its waits, as in statemachines/drain-inbox.asl.json. */
  async #step(drain: Drain | undefined, send: Reached, mishap: Mishap): Promise<void> {
    if (!drain) return;
    const { stretch, wait } = drain;
    const input = {
      drain: { ...this.key, generation: drain.generation },
      observation: { wait },
    };
    // The result of an aborted execution's Lambda is ignored.
    const then = (move: () => void) => {
      if (drain.stretch !== stretch) return;
      drain.isCalling = false;
      if (isRunning(drain)) move();
    };
    const goTo = (state: Drain["state"]) => {
      drain.state = state;
      if (state === "done") engine.stop(drain.arn);
    };
    drain.isCalling = true;
    if (drain.state === "hand over") {
      const from = drain.generation;
      const call = await wire.call(() => lambdas.wake({ key: this.key, from }), mishap);
      await this.#settle(call, (result) => then(() => result && goTo("done")));
      this.#meetDrains();
    } else {
      prepareCoder(send);
      const call = await wire.call(() => lambdas.send(input), mishap);
      await this.#settle(call, (result) =>
        then(() => {
          if (!result) return;
          drain.wait = { ...result.wait, ready: true };
          if (result.outcome === "more") goTo("hand over");
          if (/^(sent|closed|superseded)$/.test(result.outcome)) goTo("done");
          if (/^(gone|paused)$/.test(result.outcome)) throw new Error(`the task is ${result.outcome}`);
        }),
      );
    }
  }

  /** Passes a Lambda's result on, now or when it continues; `undefined` if it failed and is retried. */
  async #settle<T>(call: Call<T>, then: (result: T | undefined) => void): Promise<void> {
    if ("stopped" in call) {
      const stopped = {
        goOn: async (dies: boolean) => {
          this.stopped.splice(this.stopped.indexOf(stopped), 1);
          prepareCoder("sent");
          await this.#settle(await call.stopped.goOn(dies), then);
          this.#meetDrains();
        },
      };
      this.stopped.push(stopped);
    } else if ("failed" in call) {
      if (/is sent, but/.test(`${call.failed}`)) throw call.failed;
      then(undefined);
    } else {
      then(call.result);
    }
  }

  #abort(drain: Drain | undefined): void {
    if (drain) engine.stop(drain.arn);
  }

  #redrive(drain: Drain | undefined): void {
    if (!drain) return;
    engine.redrive(drain.arn);
    drain.stretch += 1;
    drain.isCalling = false;
  }

  /** Lets a long time pass, which no paused Lambda survives. The clocks of clients and servers move together. */
  async #longTime(): Promise<void> {
    while (this.stopped.length > 0) await this.stopped[0]?.goOn(true);
    aheadMs += longMs;
    setClock({ base: 0, rate: 1, aheadMs });
  }

  /** The messages that the agent received. */
  messages() {
    return task.inputs.slice(this.firstInput).map(({ text }) => ({
      isMarked: text.startsWith("Possibly a repetition"),
      before: [...text.matchAll(/Before:\n```\n(\S+)\n```/g)].map((match) => match[1] ?? ""),
      told: [...text.replace(/Before:\n```\n\S+\n```/g, "").matchAll(/\b\d+\.\d+;/g)].map(([token]) => token),
    }));
  }

  #toldOf({ texts }: Comment): string[] {
    return this.messages().flatMap(({ told }) => told.filter((text) => texts.includes(text)));
  }

  check(): void {
    const messages = this.messages();
    const known = new Set<string>();
    for (const { told, before, isMarked } of messages) {
      const again = told.filter((text) => known.has(text));
      // Twice only if the agent's log was lost, and then with a note.
      if (again.length > 0)
        expect({ again, isMarked, restarts: this.restarts > 0 }).toMatchObject({
          isMarked: true,
          restarts: true,
        });
      expect(new Set(told).size).toBe(told.length);
      for (const text of before) expect([...known].map(commentOf)).toContain(commentOf(text));
      // New comments are in GitHub's order; a comment whose edit came first has the edit's position.
      const isNews = (id: number) => ![...known].some((text) => commentOf(text) === id);
      const news = told.map(commentOf).filter((id) => isNews(id) && this.#cameInOrder.has(id));
      expect(news).toEqual([...news].sort((a, b) => a - b));
      for (const text of told) known.add(text);
    }
    for (const comment of this.comments) {
      const told = [...new Set(this.#toldOf(comment))];
      expect(told).toEqual(comment.texts.filter((text) => told.includes(text)));
      if (!comment.isDeleted) expect(told.at(-1)).toBe(comment.texts.at(-1));
      const atWithdrawal = this.withdrawnAfter.get(comment);
      if (atWithdrawal !== undefined) expect(this.#toldOf(comment)).toHaveLength(atWithdrawal);
    }
    if (this.restarts === 0) expect(messages.filter(({ isMarked }) => isMarked)).toEqual([]);
  }
}

/** The wait after an observation of a ready agent. */
const readyAgent: AgentWait = { ...firstAgentWait, ready: true };

const timeOf = (second: number) => new Date(Date.UTC(2026, 0, 1, 0, 0, second)).toISOString();

const commentOf = (text: string) => Number(text.split(".")[0]);

function pick<T>(things: readonly T[], which: number): T | undefined {
  return things[which % things.length];
}

/** Restarts the agent, which loses the log of the texts that it received. */
function restartAgent(): void {
  task.agent.stopping();
  task.agent.started();
}

/** The result of the next text that is sent. */
function prepareCoder(send: Reached): void {
  // The agent reports that it is ready, but isn't.
  if (send === "busy") task.setAgentState("idle", { busy: true });
  else task.release();
  const { http } = coder;
  http.faults.clear();
  coder.fail502AfterEffect(send === "typed, then 502" ? 1 : 0);
  const path = /\/send$/;
  if (send === "typed, then cut off") http.fail({ path, lose: "response" });
  if (send === "cut off") http.fail({ path, lose: "request" });
  if (send === "500") http.fail({ path, status: 500 });
}

/** Precede the generated steps, because most of those would otherwise have nothing to do. */
const beginning: Command[] = [
  { do: "comment", sameSecond: false },
  { do: "put", which: 0, mishap: {} },
  { do: "wake", mishap: {} },
  { do: "step", which: 0, send: "sent", mishap: {} },
];

test("after any events, every comment is sent once, in order and with its newest text", async () => {
  await fc.assert(
    fc.asyncProperty(commands, async (all) => {
      const run = new Run();
      await run.begin();
      for (const command of [...beginning, ...all]) await run.do(command);
      await run.end();
      run.check();
    }),
    { numRuns: 40 },
  );
});

test("an edit of a waiting edit quotes the text that the agent received before both", async () => {
  const run = new Run();
  await run.begin();
  await run.do({ do: "comment", sameSecond: false });
  await run.end();
  for (let edits = 0; edits < 2; edits++) {
    await run.do({ do: "edit", which: 0, sameSecond: false });
    await run.do({ do: "put", which: 0, mishap: {} });
  }
  await run.end();
  const [first, second] = run.comments[0]?.texts.filter((_, i) => i !== 1) ?? [];
  expect(run.messages()).toMatchObject([{ told: [first] }, { told: [second], before: [first] }]);
});

/** A run with one waiting comment, and a drain that is about to send it. */
async function aboutToSend(): Promise<Run> {
  const run = new Run();
  await run.begin();
  await run.do({ do: "comment", sameSecond: false });
  await run.do({ do: "put", which: 0, mishap: {} });
  await run.do({ do: "wake", mishap: {} });
  return run;
}

const step = (send: Reached, mishap: Mishap = {}): Command => ({ do: "step", which: 0, send, mishap });

test.each([
  ["was about to send", false],
  ["sent", true],
])("a drain that is aborted while it %s and redriven at once does not send twice", async (_, stopsAfter) => {
  const run = await aboutToSend();
  await run.do(step("sent", { stopsAt: 0, stopsAfter }));
  await run.do({ do: "abort", which: 0 });
  await run.do({ do: "redrive", which: 0 });
  await run.do(step("sent"));
  await run.do({ do: "go on", which: 0, dies: false });
  await run.end();
  expect(run.messages()).toMatchObject([{ told: run.comments[0]?.texts, isMarked: false }]);
});

test("a text that may have arrived is sent again with a note, even if the agent was busy in between", async () => {
  const run = await aboutToSend();
  await run.do(step("typed, then 502"));
  await run.do({ do: "restart the agent" });
  await run.do(step("busy"));
  await run.do(step("sent"));
  await run.end();
  const told = run.comments[0]?.texts;
  expect(run.messages()).toMatchObject([
    { told, isMarked: false },
    { told, isMarked: true },
  ]);
});

test("an edit that is reverted during its send is sent, and one that was reverted before is not", async () => {
  const run = await aboutToSend();
  await run.end();
  await run.do({ do: "edit", which: 0, sameSecond: false });
  await run.do({ do: "put", which: 0, mishap: {} });
  await run.takeBack();
  await run.end();
  expect(run.messages()).toHaveLength(1);

  await run.do({ do: "edit", which: 0, sameSecond: false });
  await run.do({ do: "put", which: 0, mishap: {} });
  await run.do({ do: "wake", mishap: {} });
  await run.do(step("sent", { stopsAt: 0, stopsAfter: true }));
  await run.takeBack();
  await run.do({ do: "go on", which: 0, dies: false });
  await run.end();
  const [original, , , edited] = run.comments[0]?.texts ?? [];
  expect(run.messages().map(({ told }) => told)).toEqual([[original], [edited], [original]]);
});

test("an edit in the same second as its first text, during that text's send, is not lost", async () => {
  const run = await aboutToSend();
  await run.do(step("sent", { stopsAt: 0, stopsAfter: true }));
  await run.do({ do: "edit", which: 0, sameSecond: true });
  await run.do({ do: "put", which: 0, mishap: {} });
  await run.do({ do: "go on", which: 0, dies: false });
  await run.end();
  run.check();
});
