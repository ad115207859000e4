import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { FakeCoder } from "../local/fake-coder/fake-coder.js";
import { FakeGitHub } from "../local/fake-github/fake-github.js";
import { type Figures, median } from "./figures.js";
import { Sender, signed } from "./sender.js";
import { until } from "./until.js";
import { assigned, commentsOn, farMs, furnish } from "./workplace.js";

const root = fileURLToPath(new URL("..", import.meta.url));
const builds = fileURLToPath(new URL("../dist/local/", import.meta.url));
const rounds = 5;

/** How long after its first task a system counts as idle, in milliseconds. */
const idleMs = 10_000;

/** How long `npm start` takes until it accepts a delivery, and how much memory it uses when idle. */
export async function benchStart(): Promise<Figures[]> {
  await rm(builds, { recursive: true, force: true });
  const cold = await startOnce(0);
  const samples: Awaited<ReturnType<typeof startOnce>>[] = [];
  for (let i = 0; i < rounds; i++) samples.push(await startOnce(i === 0 ? idleMs : 0));
  const far: number[] = [];
  for (let i = 0; i < rounds; i++) far.push(await createdFar());
  const middle = (key: "accepted" | "created") => median(samples.map((sample) => sample[key]));
  return [
    {
      title: "npm start",
      how: `Without npm itself. From the start of the process until the first 202, and from that first delivery until GitHub has the status comment; median of ${rounds}, with bundles already built. With services that take ${farMs} ms: until GitHub, in another process, has the request for the status comment. Cold: once, with nothing built. Memory: of all its processes, ${idleMs / 1000} s after its first task.`,
      rows: [
        { name: "until the first 202", values: { ms: middle("accepted") }, aims: { ms: 800 } },
        { name: "until the first 202, cold", values: { ms: cold.accepted }, aims: { ms: 1600 } },
        { name: 'first webhook → "created"', values: { ms: middle("created") }, aims: { ms: 800 } },
        {
          name: `the same, services take ${farMs} ms`,
          values: { ms: median(far) },
          aims: { ms: 800 },
        },
        { name: "memory, idle", values: { MB: samples[0]?.megabytes ?? 0 }, aims: { MB: 280 } },
      ],
    },
  ];
}

async function startOnce(idle: number) {
  const start = performance.now();
  return withStarted({}, async (child) => {
    const issues = await printed(child, /curl -X POST (\S+\/issues) /);
    const sent = performance.now();
    const answer = await (await fetch(issues, { method: "POST" })).text();
    if (!answer.includes('"status":202')) throw new Error(`it answered ${answer}`);
    const accepted = performance.now() - start;
    while ((await (await fetch(`${issues}/1`)).text()) === '{"comments":[]}') await sleep(5);
    const created = performance.now() - sent;
    await sleep(idle);
    return { accepted, created, megabytes: megabytesOf(child.pid ?? 0) };
  });
}

/** Milliseconds from the first webhook of a new process until GitHub, far away, has the request for the status comment. */
async function createdFar(): Promise<number> {
  const gitHub = new FakeGitHub();
  const coder = new FakeCoder();
  try {
    await Promise.all([gitHub.listen(), coder.listen()]);
    furnish(gitHub, coder);
    gitHub.http.latencyMs = farMs;
    coder.http.latencyMs = farMs;
    const settings = {
      GITHUB_API_URL: gitHub.apiUrl,
      APP_ID: gitHub.appId,
      PRIVATE_KEY: gitHub.privateKey,
      WEBHOOK_SECRET: gitHub.webhookSecret,
      AGENT_GITHUB_USERNAME: gitHub.agentLogin,
      CODER_URL: coder.url,
      CODER_TOKEN: coder.token,
      // In memory, because a new deployment has no state.
      LOCAL_STATE_DIR: "",
    };
    return await withStarted(settings, async (child) => {
      const sender = new Sender(new URL(await printed(child, /Deliveries +POST (\S+)\n/)));
      const { issue, ...delivery } = await assigned(gitHub);
      const at = Date.now();
      const { status } = await sender.send(signed(delivery));
      if (status !== 202) throw new Error(`it answered ${status}`);
      const comment = await until("there is a status comment", () => commentsOn(gitHub, issue)[0]);
      sender.close();
      return comment.at - at;
    });
  } finally {
    await Promise.all([gitHub.close(), coder.close()]);
  }
}

/** Runs `npm start`, without npm itself, while `use` does its work. */
async function withStarted<T>(
  settings: NodeJS.ProcessEnv,
  use: (child: ChildProcess) => Promise<T>,
): Promise<T> {
  const child = spawn(process.execPath, ["local/run.mjs", "start"], {
    cwd: root,
    env: { PATH: process.env.PATH, HOME: process.env.HOME, PORT: "0", ...settings },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const exited = once(child, "exit");
  try {
    return await use(child);
  } finally {
    child.kill();
    await exited;
  }
}

/** Waits until `what` matches a process's output, and returns its first group. */
function printed(child: ChildProcess, what: RegExp): Promise<string> {
  let output = "";
  return new Promise((resolve, reject) => {
    child.stdout?.on("data", (chunk) => {
      output += chunk;
      const found = what.exec(output)?.[1];
      if (found) resolve(found);
    });
    child.once("exit", () => reject(new Error(`npm start exited early: ${output}`)));
  });
}

/** The resident memory of a process and its children, from Linux's /proc. */
function megabytesOf(pid: number): number {
  const all = readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        const status = readFileSync(`/proc/${name}/status`, "utf8");
        const field = (key: string) => Number(new RegExp(`^${key}:\\s+(\\d+)`, "m").exec(status)?.[1] ?? 0);
        return [{ pid: Number(name), parent: field("PPid"), kilobytes: field("VmRSS") }];
      } catch {
        // The process has ended in the meantime.
        return [];
      }
    });
  const family = new Set([pid]);
  for (let size = 0; family.size > size; ) {
    size = family.size;
    for (const one of all) if (family.has(one.parent)) family.add(one.pid);
  }
  return all.reduce((sum, one) => sum + (family.has(one.pid) ? one.kilobytes : 0), 0) / 1024;
}
