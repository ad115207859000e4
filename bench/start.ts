import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { type Figures, median } from "./figures.js";

const root = fileURLToPath(new URL("..", import.meta.url));
const builds = fileURLToPath(new URL("../dist/local/", import.meta.url));
const rounds = 5;

/** How long after its first task a system counts as idle. */
const idleMs = 10_000;

/** How long `npm start` takes until it accepts a delivery, and how much memory it uses when idle. */
export async function benchStart(): Promise<Figures[]> {
  await rm(builds, { recursive: true, force: true });
  const cold = await startOnce(0);
  const samples: Awaited<ReturnType<typeof startOnce>>[] = [];
  for (let i = 0; i < rounds; i++) samples.push(await startOnce(i === 0 ? idleMs : 0));
  const middle = (key: "accepted" | "created") => median(samples.map((sample) => sample[key]));
  return [
    {
      title: "npm start",
      how: `Without npm itself. From the start of the process until the first 202, and from that first delivery until GitHub has the status comment; the median of ${rounds}, with bundles already built. Cold: once, with nothing built. Memory: of all its processes, ${idleMs / 1000} s after its first task.`,
      rows: [
        { name: "until the first 202", values: { ms: middle("accepted") }, aims: { ms: 800 } },
        { name: "until the first 202, cold", values: { ms: cold.accepted }, aims: { ms: 1600 } },
        { name: 'first webhook → "created"', values: { ms: middle("created") }, aims: { ms: 800 } },
        { name: "memory, idle", values: { MB: samples[0]?.megabytes ?? 0 }, aims: { MB: 280 } },
      ],
    },
  ];
}

async function startOnce(idle: number) {
  const start = performance.now();
  const child = spawn(process.execPath, ["local/run.mjs", "start"], {
    cwd: root,
    env: { PATH: process.env.PATH, HOME: process.env.HOME, PORT: "0" },
    stdio: ["ignore", "pipe", "inherit"],
  });
  try {
    const issues = await playgroundOf(child);
    const sent = performance.now();
    const answer = await (await fetch(issues, { method: "POST" })).text();
    if (!answer.includes('"status":202')) throw new Error(`it answered ${answer}`);
    const accepted = performance.now() - start;
    while ((await (await fetch(`${issues}/1`)).text()) === '{"comments":[]}') await sleep(5);
    const created = performance.now() - sent;
    await sleep(idle);
    return { accepted, created, megabytes: megabytesOf(child.pid ?? 0) };
  } finally {
    child.kill();
    await once(child, "exit");
  }
}

/** The playground's URL for opening issues, from the output of `npm start`. */
function playgroundOf(child: ChildProcess): Promise<string> {
  let output = "";
  return new Promise((resolve, reject) => {
    child.stdout?.on("data", (chunk) => {
      output += chunk;
      const found = /curl -X POST (\S+\/issues) /.exec(output)?.[1];
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
