import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { afterEach, describe, expect, test } from "@jest/globals";

const root = fileURLToPath(new URL("../..", import.meta.url));
let child: ChildProcess | undefined;
afterEach(() => void child?.kill("SIGKILL"));

/** `npm start`, without npm: signals then reach the process itself. */
function start(environment: Record<string, string>) {
  const { PATH = "", HOME = "" } = process.env;
  const started = spawn(process.execPath, ["--import", "tsx", "local/start.ts"], {
    cwd: root,
    env: { PATH, HOME, PORT: "0", ...environment },
  });
  child = started;
  let output = "";
  for (const stream of [started.stdout, started.stderr]) stream.on("data", (chunk) => (output += chunk));
  return {
    /** Resolves with the first match of what it has printed; rejects where it ends before. */
    printed: (pattern: RegExp) =>
      new Promise<RegExpExecArray>((resolve, reject) => {
        const look = () => {
          const match = pattern.exec(output);
          if (match) resolve(match);
        };
        look();
        started.stdout.on("data", look);
        started.on("exit", () => reject(new Error(`it ended: ${output}`)));
      }),
    ended: once(started, "exit").then(([code]) => ({ code: code as number | null, output })),
    signal: (name: NodeJS.Signals) => started.kill(name),
  };
}

describe("npm start", () => {
  test("prints where everything listens, answers, and stops cleanly on SIGINT", async () => {
    const system = start({ LOCAL_TIME_SCALE: "0.01" });
    const [, url = ""] = await system.printed(/Deliveries +POST (http:\S+)\/webhooks\/github/);
    const [, open = ""] = await system.printed(/curl -X POST (http:\S+\/issues) /);
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
    expect(await (await fetch(open, { method: "POST" })).json()).toMatchObject({ delivery: { status: 202 } });
    system.signal("SIGINT");
    expect(await system.ended).toMatchObject({ code: 0, output: expect.stringContaining("Stopping.") });
  });

  test("says which settings and secrets are missing, one line each, where a real GitHub is named", async () => {
    const system = start({ GITHUB_API_URL: "http://127.0.0.1:9", LOCAL_TIME_SCALE: "1" });
    const { code, output } = await system.ended;
    expect(code).toBe(1);
    expect(
      output
        .trim()
        .split("\n")
        .map((line) => line.split(" ")[0]),
    ).toEqual(["AGENT_GITHUB_USERNAME", "APP_ID", "PRIVATE_KEY", "WEBHOOK_SECRET"]);
  });

  test("says that the port is taken", async () => {
    const other = createServer().listen(0, "127.0.0.1");
    await once(other, "listening");
    const { port } = other.address() as AddressInfo;
    const { code, output } = await start({ PORT: String(port) }).ended;
    other.close();
    expect(code).toBe(1);
    expect(output).toContain(`PORT ${port} is taken`);
    expect(output).not.toContain("    at ");
  });
});
