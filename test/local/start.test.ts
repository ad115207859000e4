import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, statSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { GetSecretValueCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { afterEach, describe, expect, test } from "@jest/globals";

import type { Credentials } from "../../local/aws/protocol/signature.js";

const root = fileURLToPath(new URL("../..", import.meta.url));
let child: ChildProcess | undefined;
afterEach(() => void child?.kill("SIGKILL"));

/** `npm start`, without npm, so that signals reach the process itself. */
function start(environment: Record<string, string>, ...args: string[]) {
  const { PATH = "", HOME = "" } = process.env;
  const started = spawn(process.execPath, ["local/run.mjs", "start", ...args], {
    cwd: root,
    env: { PATH, HOME, PORT: "0", ...environment },
  });
  child = started;
  let output = "";
  for (const stream of [started.stdout, started.stderr]) stream.on("data", (chunk) => (output += chunk));
  return {
    /** Resolves with the first match in the output; rejects if the process exits first. */
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
    output: () => output,
    signal: (name: NodeJS.Signals) => started.kill(name),
  };
}

/** The environment of a shell that has sourced the file, and a stack output from the file's `output` function. */
function sourced(file: string): Record<string, string | undefined> {
  const script =
    '. "$0"; WEBHOOK_SECRET_ARN=$(output WebhookSecretArn) node -p "JSON.stringify(process.env)"';
  const { PATH } = process.env;
  return JSON.parse(
    execFileSync("sh", ["-c", script, file], { env: { PATH, AWS_PROFILE: "mine" } }).toString(),
  );
}

describe("npm start", () => {
  test("prints where everything listens, answers clients with the credentials, and stops cleanly on SIGINT", async () => {
    const system = start({ LOCAL_TIME_SCALE: "0.01" });
    const [, url = ""] = await system.printed(/Deliveries +POST (http:\S+)\/webhooks\/github/);
    const [, open = ""] = await system.printed(/curl -X POST (http:\S+\/issues) /);
    const [, file = ""] = await system.printed(/\. (\S+aws\.env) /);
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
    expect(await (await fetch(open, { method: "POST" })).json()).toMatchObject({ delivery: { status: 202 } });

    expect(statSync(file).mode & 0o777).toBe(0o600);
    const environment = sourced(file);
    expect(system.output()).not.toContain(environment.AWS_SECRET_ACCESS_KEY);
    expect(environment).not.toHaveProperty("AWS_PROFILE");

    const read = async (credentials: Credentials) => {
      const endpoint = `${environment.AWS_ENDPOINT_URL_SECRETS_MANAGER}`;
      const client = new SecretsManagerClient({ region: "us-east-1", credentials, endpoint });
      const command = new GetSecretValueCommand({ SecretId: `${environment.WEBHOOK_SECRET_ARN}` });
      return client.send(command).finally(() => client.destroy());
    };
    const credentials = {
      accessKeyId: `${environment.AWS_ACCESS_KEY_ID}`,
      secretAccessKey: `${environment.AWS_SECRET_ACCESS_KEY}`,
    };
    expect((await read(credentials)).SecretString).toMatch(/^[0-9a-f]{40}$/);
    const guess = { accessKeyId: "local", secretAccessKey: "local" };
    await expect(read(guess)).rejects.toMatchObject({ name: "UnrecognizedClientException" });

    const [, origin] = await system.printed(/curl -X POST (http:\/\/[\d.:]+)\S*\/issues /);
    expect((await fetch(`${origin}/issues`, { method: "POST" })).status).toBe(404);

    system.signal("SIGINT");
    expect(await system.ended).toMatchObject({ code: 0, output: expect.stringContaining("Stopping.") });
    expect(existsSync(file)).toBe(false);
  });

  test("says which settings and secrets are missing, one line each, if a real GitHub is configured", async () => {
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

  test("says that an App's id and key have not the right form, without showing the key", async () => {
    const { code, output } = await start({
      GITHUB_API_URL: "http://127.0.0.1:9",
      AGENT_GITHUB_USERNAME: "coder-agent",
      APP_ID: "octo-relay",
      PRIVATE_KEY: "-----BEGIN RSA PRIVATE KEY-----\\nhush\\n-----END RSA PRIVATE KEY-----",
      WEBHOOK_SECRET: "0123456789abcdefghij",
    }).ended;
    expect(code).toBe(1);
    expect(output.trim().split("\n")).toEqual([
      expect.stringMatching(/^APP_ID is not a number; expected .*12345$/),
      expect.stringMatching(/^PRIVATE_KEY holds no private key in PEM; expected .+/),
    ]);
    expect(output).not.toContain("hush");
  });

  test.each(["--help", "--port=9000"])("starts nothing if it gets %s, which it doesn't know", async (arg) => {
    const { code, output } = await start({}, arg).ended;
    expect(code).toBe(2);
    expect(output).toContain(`npm start takes no arguments, but got ${arg}`);
    expect(output).toContain("docs/one-machine.md");
  });

  // On other systems than Linux, this is a folder that may not be created.
  test("says what is wrong with a LOCAL_STATE_DIR in which nothing can be created", async () => {
    const { code, output } = await start({ LOCAL_STATE_DIR: "/proc/relay/state" }).ended;
    expect(code).toBe(1);
    expect(output).toMatch(
      /^LOCAL_STATE_DIR=\/proc\/relay\/state: the folder can't be opened: .*\/proc.* name another one.*\n$/,
    );
  });

  test.each([
    ["PORT", "http", "a whole number from 0 to 65535, for example PORT=8787"],
    ["PORT", "-1", "a whole number from 0 to 65535, for example PORT=8787"],
    ["LOCAL_TIME_SCALE", "fast", "a number above 0, for example LOCAL_TIME_SCALE=1"],
    ["LOCAL_TIME_SCALE", "0", "a number above 0, for example LOCAL_TIME_SCALE=1"],
  ])("says what is expected instead of %s=%s", async (name, value, expected) => {
    const { code, output } = await start({ [name]: value }).ended;
    expect(code).toBe(1);
    expect(output).toBe(`${name} is out of range or not a number; expected ${expected}\n`);
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
