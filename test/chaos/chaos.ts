import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { ActionName } from "../../infra/definition/actions.js";
import { compile } from "../../local/build/compile.mjs";
import { FakeCoder, type FakeCoderOptions } from "../../local/fake-coder/fake-coder.js";
import { prepareAppKey } from "../../local/fake-github/app/app-key.js";
import { FakeGitHub } from "../../local/fake-github/fake-github.js";
import { settingsOf } from "../settings-of.js";
import { realNow, setClock } from "./clock.mjs";
import { ConfigFile } from "./config-file.js";
import { Courier } from "./courier.js";
import { Life } from "./life.js";
import { Random } from "./random.js";
import { RelayProcess } from "./relay-process.js";
import type { Stage } from "./stage.js";
import { Trace } from "./trace.js";
import { faultsOf } from "./verdict.js";
import { Weather } from "./weather.js";

export interface ChaosOptions {
  seed: number;
  /** How long there are faults, in milliseconds. */
  ms: number;
  /** How many issues live. */
  lives: number;
  /** How often the relay is killed. */
  kills: number;
  /** How many of the deliveries that fail are left to the relay's own redelivery, from 0 to 1. It takes its time. */
  leaves: number;
  /** How many deliveries GitHub never sends, from 0 to 1: `reconcile` brings what they are about. */
  drops: number;
  bundles: Record<ActionName, string>;
  /** Which of its APIs the fake Coder has. */
  coder: FakeCoderOptions;
}

export interface Outcome {
  /** What is wrong at the end; none if all is well. */
  faults: string[];
  trace: Trace;
  /** The relay's own log, its newest part. */
  log: string;
}

/**
 * How fast the clocks of this run go. Leases, tokens, waits and retries end so much sooner; what is computed takes so much
 * longer, compared to them.
 */
const rate = 10;

/**
 * How long nothing may change once all is well, before what still runs counts as hanging: longer than an unfinished send
 * counts as under way. And how long it may take altogether, on the slowest machine.
 */
const patienceMs = 120_000;
const longestMs = 1_200_000;

/**
 * Random lives of issues and pull requests while everything fails at random, the relay's process too. All decisions depend
 * on the seed; times don't, so a repetition is similar but not the same.
 */
export async function chaos({
  seed,
  ms,
  lives: count,
  kills,
  leaves,
  drops,
  bundles,
  coder: release,
}: ChaosOptions): Promise<Outcome> {
  const random = new Random(seed);
  const trace = new Trace();
  const root = fileURLToPath(new URL("../../dist/", import.meta.url));
  await mkdir(root, { recursive: true });
  // Within the repository, so that the program finds its packages.
  const folder = await mkdtemp(join(root, "chaos-"));
  await Promise.all([prepareAppKey(), compile(["test/chaos/relay"], folder)]);
  const clock = { base: realNow(), rate, aheadMs: 0 };
  setClock(clock);
  const gitHub = new FakeGitHub();
  const coder = new FakeCoder({ ...release, raceCreates: true });
  await Promise.all([gitHub.listen(), coder.listen()]);
  const mona = gitHub.addUser({ login: "mona" });
  gitHub.addRepository({ owner: "octo", name: "app", permissions: { mona: "write" } });
  coder.addUser({ username: "mona-c", githubId: mona.id });
  coder.addTemplate({ name: "task-template" });
  coder.addTemplate({ name: "code-factory" });
  // Each push to the base branch tells a conflict again, and chaos has many: they must not use up the rounds.
  const settings = { ...settingsOf(gitHub, coder), MAX_CI_ROUNDS: "1000" };
  const program = join(folder, "relay.mjs");
  const relay = new RelayProcess({ program, folder, settings, bundles, timeScale: 1 / rate, clock });
  try {
    await relay.start();
    gitHub.webhookUrl = relay.webhookUrl;
    const courier = new Courier(gitHub, random.fork(), trace, { leaves, drops });
    const stage: Stage = { gitHub, coder, courier, trace };
    const weather = new Weather({ gitHub, coder, relay }, random.fork(), trace);
    const raging = Promise.all([weather.rage(), weather.revoke()]);
    const killing = weather.kill(kills, ms);
    const configuring = ConfigFile.live(stage, random.fork(), ms);
    const lives = await Promise.all(
      Array.from({ length: count }, (_, index) =>
        lifeOf(stage, random.fork(), (index / count) * ms * 0.7, ms),
      ),
    );
    const config = await configuring;
    await killing;
    weather.calm();
    courier.calm();
    await relay.calm();
    await raging;
    trace.note("all is well from now on");
    await courier.settled();
    await quiet(relay, gitHub, courier);
    await reconcile(relay, trace);
    await quiet(relay, gitHub, courier);
    const lost = courier.lost.map(({ guid }) => `the delivery ${guid} is lost`);
    const faults = [...lost, ...(await faultsOf(lives, config, stage, relay))];
    return { faults, trace, log: relay.output };
  } catch (error) {
    const { stack } = error instanceof Error ? error : new Error(String(error));
    return { faults: [String(stack)], trace, log: relay.output };
  } finally {
    await relay.kill(0);
    await Promise.all([gitHub.close(), coder.close()]);
    setClock({ base: 0, rate: 1, aheadMs: 0 });
    await rm(folder, { recursive: true, force: true });
  }
}

async function lifeOf(stage: Stage, random: Random, startMs: number, ms: number): Promise<Life> {
  await sleep(startMs);
  const life = await Life.begin(stage, random);
  // A step takes a fifth of a second, and as long again for the agent to start.
  await life.live(Math.min(random.between(3, 9), Math.ceil(ms / 2000)));
  return life;
}

/** Makes up for what GitHub never sent. */
async function reconcile(relay: RelayProcess, trace: Trace): Promise<void> {
  for (let runs = 0; runs < 20; runs++) {
    const { outcome, gaps } = await relay.reconcile();
    trace.note(`reconcile is ${outcome}: ${gaps.map(({ gap }) => gap).join("; ")}`);
    if (outcome === "complete") return;
    await sleep(1000);
  }
  throw new Error("reconcile does not get through the repository");
}

/** Waits until nothing goes on but the followers, or the patience is over. */
async function quiet(relay: RelayProcess, gitHub: FakeGitHub, courier: Courier): Promise<void> {
  const end = performance.now() + longestMs;
  let [known, changedAt] = ["", performance.now()];
  for (let calm = 0; calm < 3 && performance.now() < Math.min(end, changedAt + patienceMs); ) {
    await sleep(200);
    await gitHub.settled();
    const runs = (await relay.executions()).filter(({ name }) => !name.startsWith("follow-"));
    const isBusy = runs.some(({ status }) => status === "RUNNING");
    calm = isBusy || courier.lost.length > 0 ? 0 : calm + 1;
    const now = JSON.stringify(runs);
    // What the relay has to have redelivered takes its time without any execution.
    if (now !== known || courier.lost.length > 0) [known, changedAt] = [now, performance.now()];
  }
}
