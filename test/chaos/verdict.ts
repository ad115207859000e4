import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { DynamoDBDocumentClient, ScanCommand } from "@aws-sdk/lib-dynamodb";
import type { Agent } from "./agents.js";
import type { ConfigFile } from "./config-file.js";
import type { Life } from "./life.js";
import type { RunEnd } from "./relay.js";
import type { RelayProcess } from "./relay-process.js";
import type { Stage } from "./stage.js";

/** The beginning of a message that the agent may already have got. */
const repetition = "Possibly a repetition";

type Item = Record<string, unknown> & { pk: string; sk: string };

/** Everything that is wrong at the end: GitHub, Coder and the table disagree, somebody wasn't told, or a run has failed. */
export async function faultsOf(
  lives: Life[],
  config: ConfigFile,
  stage: Stage,
  relay: RelayProcess,
): Promise<string[]> {
  const items = await itemsOf(relay);
  const faults = [
    ...executionFaults(await relay.executions()),
    ...workspaceFaults(lives, stage),
    ...scheduleFaults(config, await relay.schedules()),
  ];
  for (const life of lives) {
    const { number } = life.issue;
    const found = [...agentFaults(life), ...commentFaults(life, stage), ...wordFaults(life)];
    faults.push(...[...found, ...tableFaults(life, items)].map((fault) => `#${number}: ${fault}`));
  }
  return faults;
}

function* executionFaults(runs: readonly RunEnd[]): Generator<string> {
  for (const { name, status, error, cause, entered } of runs) {
    const isFollower = name.startsWith("follow-");
    if (status === "SUCCEEDED" || (status === "RUNNING" && isFollower)) continue;
    yield `${name} is ${status}, ${error}: ${cause}; it entered ${entered.join(", ")}`;
  }
}

/** The agents that have not ended. */
const alive = (life: Life) => life.agents.filter(({ isEnded }) => !isEnded);

/** A workspace that no agent uses would cost money, and nobody would delete it. */
function* workspaceFaults(lives: readonly Life[], { coder }: Stage): Generator<string> {
  const used = lives.flatMap(alive).map(({ workspaceId }) => workspaceId);
  for (const { id, name } of coder.workspaces()) {
    if (!used.includes(id)) yield `no agent uses the workspace ${name}`;
  }
}

/** Each job must have its schedule, and there must be no others. */
function* scheduleFaults({ jobs }: ConfigFile, schedules: readonly string[]): Generator<string> {
  const isOf = (job: string) => (schedule: string) => schedule.includes(job);
  const isRight = schedules.length === jobs.length && jobs.every((job) => schedules.some(isOf(job)));
  if (!isRight) yield `the jobs ${jobs.join(", ")} have the schedules ${schedules.join(", ")}`;
}

function* agentFaults(life: Life): Generator<string> {
  const agents = alive(life);
  const names = agents.map(({ name }) => name).join(", ") || "none";
  const isWell = ({ isReady, isResting }: Agent) => isReady || (life.mayRest && isResting);
  if (life.isWanted && (agents.length !== 1 || !agents.every(isWell))) {
    yield `expected one ready agent, found ${names}`;
  }
  if (!life.isOpen && agents.length > 0) yield `it is closed, but has the agents ${names}`;
  if (!life.isWanted && !agents.every(({ isResting }) => isResting)) {
    yield `expected no working agent, found ${names}`;
  }
}

function* commentFaults(life: Life, { gitHub }: Stage): Generator<string> {
  const own = gitHub
    .commentsOn(life.issue)
    .filter(({ user }) => user.login === gitHub.botLogin)
    .map(({ body }) => body);
  const mentions = own.filter((body) => body.startsWith("<!-- coder-task-relay:told "));
  const transitions = mentions.map((body) => body.split("\n")[0]);
  if (new Set(transitions).size < mentions.length) yield `a person was told twice: ${transitions}`;
  const said = own.filter((body) => !mentions.includes(body));
  const isRight = life.isWanted
    ? said.length === 1 &&
      (life.mayRest ? /is running|waits for you|was merged, and/ : /is running|waits for you/).test(
        said[0] ?? "",
      )
    : said.length <= 1 &&
      said.every((body) => (life.isOpen ? /Completed|is paused/ : /Completed/).test(body));
  if (!isRight) yield `its status comments say ${JSON.stringify(said)}`;
}

function* wordFaults(life: Life): Generator<string> {
  const messages = life.agents.flatMap(({ texts }) => texts);
  for (const { pattern, delivery } of life.words.all) {
    const told = messages.filter((text) => pattern.test(text));
    if (delivery === "must" && told.length === 0) yield `no agent got ${pattern.source}`;
    const unmarked = told.filter((text) => !text.includes(repetition));
    const found = unmarked.map((text) => pattern.exec(text)?.[0]);
    if (new Set(found).size < found.length) {
      yield `agents got ${pattern.source} ${found.length} times without the note about a repetition`;
    }
  }
}

function* tableFaults(life: Life, items: readonly Item[]): Generator<string> {
  const { repo, number } = life.issue;
  const work = `${repo.id}#${number}`;
  const record = items.find(({ pk, sk }) => pk === `task#${work}` && sk === "record");
  if (life.isWanted !== (record?.wanted === true)) yield `the record says ${JSON.stringify(record)}`;
  const [agent] = alive(life);
  const id = (record?.task as { id?: string } | undefined)?.id;
  if (life.isWanted && id !== agent?.id) yield `the record names the task ${id}, not ${agent?.id}`;
  const listed = (record?.pulls ?? []) as { number: number; state: string }[];
  for (const { number, state } of life.pulls) {
    const pull = listed.find((one) => one.number === number);
    if (pull && pull.state !== state)
      yield `the record says that its pull request #${number} is ${pull.state}`;
  }
  const inbox = items.filter(({ pk }) => pk === `inbox#${work}`);
  // A queue entry may be left over when its input no longer waits (lambdas/inbox/queue.ts).
  const waits = ({ identity }: Item) =>
    inbox.some(({ sk, state }) => sk === `input#${identity}` && state === "waiting");
  const waiting = inbox.filter((item) => item.sk.startsWith("waiting#") && waits(item));
  if (life.isWanted && waiting.length > 0) yield `its inbox still holds ${waiting.map(({ sk }) => sk)}`;
}

async function itemsOf(relay: RelayProcess): Promise<Item[]> {
  const { endpoint = "", ...credentials } = { ...relay.table };
  const { accessKeyId = "", secretAccessKey = "" } = credentials;
  const client = new DynamoDBClient({
    endpoint,
    region: "us-east-1",
    credentials: { accessKeyId, secretAccessKey },
  });
  const table = DynamoDBDocumentClient.from(client);
  const items: Item[] = [];
  let ExclusiveStartKey: Record<string, unknown> | undefined;
  do {
    const page = await table.send(new ScanCommand({ TableName: "coder-task-relay", ExclusiveStartKey }));
    items.push(...((page.Items ?? []) as Item[]));
    ExclusiveStartKey = page.LastEvaluatedKey;
  } while (ExclusiveStartKey);
  client.destroy();
  return items;
}
