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
  /** How long faults are injected, in milliseconds. */
  ms: number;
  /** How many issues there are. */
  lives: number;
  /** How often the relay is killed. */
  kills: number;
  /** The share of failed deliveries that are left to the relay's own redelivery, from 0 to 1. That takes longer. */
  leaves: number;
  /** The share of deliveries that GitHub never sends, from 0 to 1. `reconcile` makes up for them. */
  drops: number;
  bundles: Record<ActionName, string>;
  /** The fake Coder's APIs and version. */
  coder: FakeCoderOptions;
}

export interface Outcome {
  /** The faults found at the end; empty if all is well. */
  faults: string[];
  trace: Trace;
  /** The newest part of the relay's own log. */
  log: string;
}

/**
 * How much faster the clocks of this run go. Leases, tokens, waits and retries end sooner by this factor, so computations
 * take longer compared to them.
 */
const rate = 10;

/**
 * If nothing changes for this long once the faults are over, executions that still run count as hanging. This is longer
 * than an unfinished send counts as in flight. It is also the limit for the whole wait, even on the slowest machine.
 */
const patienceMs = 120_000;
const longestMs = 1_200_000;

/**
 * Random lives of issues and pull requests while everything fails at random, including the relay's process. All decisions
 * depend on the seed, but times don't, so a repetition is similar but not the same.
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
  // Each push to the base branch reports a conflict again. Chaos has many of them, and they must not use up the rounds.
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
  // A step takes a fifth of a second, and the agent's start about as long.
  await life.live(Math.min(random.between(3, 9), Math.ceil(ms / 2000)));
  return life;
}

/** Lets the relay make up for the deliveries that GitHub never sent. */
async function reconcile(relay: RelayProcess, trace: Trace): Promise<void> {
  for (let runs = 0; runs < 20; runs++) {
    const { outcome, gaps } = await relay.reconcile();
    trace.note(`reconcile is ${outcome}: ${gaps.map(({ gap }) => gap).join("; ")}`);
    if (outcome === "complete") return;
    await sleep(1000);
  }
  throw new Error("reconcile does not finish the repository");
}

/** Waits until only followers are running, or until the patience is over. */
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
    // Redeliveries that the relay has requested take time, during which no execution runs.
    if (now !== known || courier.lost.length > 0) [known, changedAt] = [now, performance.now()];
  }
}
