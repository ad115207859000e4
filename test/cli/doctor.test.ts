import { execFile } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import {
  CreateScheduleCommand,
  type CreateScheduleCommandInput,
  DeleteScheduleCommand,
  SchedulerClient,
} from "@aws-sdk/client-scheduler";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import { coders } from "../../local/demo/agents.js";
import { FakeCoder } from "../../local/fake-coder/fake-coder.js";
import { writeConfig } from "../e2e/repo-work.js";
import type { World } from "../e2e/support.js";
import { examine, expectFaults, wellSetUp } from "./examine.js";

const root = fileURLToPath(new URL("../../", import.meta.url));

/** The functions that undo the misconfigurations of a test. */
const mending: (() => void)[] = [];
let world: World;
beforeAll(async () => {
  world = await wellSetUp();
  world.gitHub.addUser({ login: "stranger" });
  world.gitHub.addUser({ login: "robot", type: "Bot" });
});
afterEach(() => {
  for (const mend of mending.splice(0).reverse()) mend();
});
afterAll(() => world.close());

/** Changes the deployment's environment or outputs, as a wrong setting does. */
function deploy(change: { environment?: Record<string, string>; outputs?: Record<string, string> }): void {
  const path = join(process.env.LOCAL_STATE_DIR ?? "", "connection.json");
  const before = readFileSync(path, "utf8");
  const { environment, outputs, ...rest } = JSON.parse(before);
  const changed = {
    ...rest,
    environment: { ...environment, ...change.environment },
    outputs: { ...outputs, ...change.outputs },
  };
  writeFileSync(path, JSON.stringify(changed));
  mending.push(() => writeFileSync(path, before));
}

/** Puts a wrong value into a secret. */
function put(name: "webhook" | "githubApp" | "coderToken", value: string, right: string): void {
  world.system.rotate({ [name]: value });
  mending.push(() => world.system.rotate({ [name]: right }));
}

/** Sets a field until the end of the test. */
function set<T extends object, K extends keyof T>(object: T, key: K, value: T[K]): void {
  const before = object[key];
  object[key] = value;
  mending.push(() => {
    object[key] = before;
  });
}

const appSecret = (change: object = {}) =>
  JSON.stringify({ appId: world.gitHub.appId, privateKey: world.gitHub.privateKey, ...change });

test("finds nothing wrong with a relay that is well set up", async () => {
  // As a separate program, so that nothing else gets into the output.
  const args = ["--import", "tsx", "cli/relay.ts", "doctor", "--local"];
  const { PATH, HOME, LOCAL_STATE_DIR } = process.env;
  const options = { cwd: root, env: { PATH, HOME, LOCAL_STATE_DIR } };
  const { stdout: out, stderr } = await promisify(execFile)(process.execPath, args, options);
  expect(stderr).toBe("");
  expect(out.split("\n").filter((line) => !line.startsWith("✓ "))).toEqual([""]);
  expect(out).not.toMatch(/[✗?]/);
  expect(out.match(/^✓ /gm)?.length).toBeGreaterThan(14);
  expect(out).toMatch(/✓ Signature +a signed delivery \(ping\) arrived and was accepted/);
  expect(out).not.toContain(world.gitHub.webhookSecret);
});

describe("finds and names", () => {
  test("a setting that is wrong", async () => {
    deploy({ environment: { MAX_CI_ROUNDS: "0" } });
    const findings = await expectFaults(["Settings", /MAX_CI_ROUNDS is not a number from 1 to 9999/]);
    expect(findings).toContainEqual({ check: "Secrets", verdict: "unknown", message: expect.any(String) });
  });

  test("a deployment from other sources", async () => {
    deploy({ outputs: { Sources: "0123456789abcdef" } });
    await expectFaults(["Checkout", /not built from this checkout/]);
  });

  test("secrets that were never put, and one that can't be read", async () => {
    put("githubApp", '{"appId":"","privateKey":""}', appSecret());
    put("coderToken", "put-the-coder-token-here", world.coder.token);
    deploy({ environment: { TASK_MARK_SECRET_ARN: "none" } });
    const { findings } = await examine();
    const messages = findings.filter(({ check }) => check === "Secrets").map(({ message }) => message);
    expect(messages).toEqual([
      "the github app secret was never set: it still has the placeholder of the first deployment",
      "the coder token secret was never set: it still has the placeholder of the first deployment",
      expect.stringMatching(/^the task mark secret can't be read: ResourceNotFoundException/),
    ]);
  });

  test("an App's id that doesn't fit its key", async () => {
    put("githubApp", appSecret({ appId: "99" }), appSecret());
    await expectFaults(["GitHub App", /99/]);
  });

  test("a clock that is wrong", async () => {
    const now = () => new Date(Date.now() + 50_000);
    set(world.gitHub.http, "now", now);
    set(world.gitHub.hooks.target, "now", now);
    await expectFaults(["Clock", /(49|50) s behind GitHub's/]);
  });

  test("a permission and an event that the App doesn't ask for, and an account that hasn't accepted another", async () => {
    const { app } = world.gitHub.auth;
    set(app, "permissions", { ...app.permissions, checks: "read" });
    set(
      app,
      "events",
      app.events.filter((event) => event !== "push"),
    );
    const { auth } = world.gitHub;
    set(auth, "permissions", { ...auth.permissions, issues: "read" });
    await expectFaults(
      ["Permissions", /doesn't ask for the permission checks: write/],
      ["Permissions", /doesn't ask for the event push/],
      ["Installations", /octo hasn't accepted the permission issues: write/],
    );
  });

  test("an account that has suspended the App, and one that hasn't installed it", async () => {
    const id = world.gitHub.repositories.installations()[0]?.id ?? 0;
    world.gitHub.auth.suspended.set(id, new Date().toISOString());
    mending.push(() => world.gitHub.auth.suspended.delete(id));
    deploy({ environment: { ALLOWED_ACCOUNTS: "octo,acme" } });
    await expectFaults(
      ["Installations", /octo has suspended the App/],
      ["Installations", /ALLOWED_ACCOUNTS names acme, where the App isn't installed/],
    );
  });

  test("an App that is installed only on an account that isn't served", async () => {
    const { repositories } = world.gitHub;
    set(repositories.get("octo/app"), "installationId", null);
    const lib = world.gitHub.addRepository({ owner: "elsewhere", name: "lib", installationId: 4711 });
    mending.push(() => {
      lib.installationId = null;
    });
    expect((await examine()).findings).toContainEqual(
      expect.objectContaining({
        check: "Installations",
        verdict: "fault",
        message: expect.stringMatching(/serves no account where the App is installed.* elsewhere/),
        remedy: expect.stringContaining("ALLOWED_ACCOUNTS=elsewhere"),
      }),
    );
  });

  test("what an App lacks that belongs to an enterprise, and is installed on it too", async () => {
    const { http, auth } = world.gitHub;
    await examine();
    const listed = http.calls.findLast(({ path }) => path === "/app/installations")?.reply as object[];
    const account = { id: 11, slug: "umbrella", name: "Umbrella", node_id: "E_11" };
    const installed = { id: 12, account, permissions: {}, events: [], html_url: auth.pageUrl };
    const all = [...listed, installed];
    http.fail({ path: /^\/app\/installations$/, status: 200, body: all, times: 2 });
    const lacking = { ...auth.json(), owner: account, events: ["push"] };
    http.fail({ path: /^\/app$/, status: 200, body: lacking, times: 3 });
    const { findings } = await examine();
    http.faults.clear();
    const of = (check: string) => findings.find((one) => one.check === check);
    expect(of("GitHub App")).toMatchObject({
      verdict: "ok",
      message: expect.stringContaining("of umbrella"),
    });
    expect(of("Permissions")?.remedy).toContain("/enterprises/umbrella/settings/apps/");
    expect(of("Installations")).toMatchObject({ verdict: "ok", message: expect.stringMatching(/^1, /) });
  });

  test("a webhook that goes elsewhere, in another format, without verified certificates", async () => {
    const { hook } = world.gitHub.auth.app;
    set(hook, "insecureSsl", "1");
    set(hook, "contentType", "form");
    set(hook, "url", `${world.system.api.url}/elsewhere`);
    const { findings } = await examine();
    const messages = findings.filter(({ check }) => check === "Webhook").map(({ message }) => message);
    expect(messages).toEqual([
      expect.stringMatching(/^GitHub sends to http:.*\/elsewhere$/),
      "its content type is form",
      "GitHub doesn't verify certificates",
    ]);
    expect(findings).toContainEqual(
      expect.objectContaining({ check: "Signature", verdict: "fault", message: expect.any(String) }),
    );
  });

  test("a webhook secret that differs from GitHub's", async () => {
    set(world.gitHub.auth.app.hook, "secret", "another-secret-of-forty-characters-00000");
    const { findings } = await examine();
    const found = findings.find(({ check }) => check === "Signature");
    expect(found).toMatchObject({
      verdict: "fault",
      message: expect.stringMatching(/rejects GitHub's signature/),
    });
    expect(found?.remedy).toContain("rotate webhook-secret");
  });

  test.each([
    ["nobody", /no account nobody/],
    ["robot", /robot is not a user but a Bot/],
    ["stranger", /stranger can't be assigned in octo\/app/],
  ])("an agent that can't be assigned: %s", async (AGENT_GITHUB_USERNAME, message) => {
    deploy({ environment: { AGENT_GITHUB_USERNAME } });
    await expectFaults(["Agent", message]);
  });

  test("a token that Coder refuses", async () => {
    put("coderToken", "0123456789-no-token-of-this-coder", world.coder.token);
    await expectFaults(["Coder", /rejects the token/]);
  });

  test("a token without the rights of a site Owner", async () => {
    set(world.coder.bot, "role", "member");
    await expectFaults(["Coder API", /relay-bot is not a site Owner/]);
  });

  describe("the token of the user who is to own the chats", () => {
    let chats: FakeCoder;
    let environment: Record<string, string>;
    beforeEach(async () => {
      chats = new FakeCoder(coders.chats.coder);
      mending.push(() => void chats.close());
      environment = { CODER_URL: await chats.listen(), CODER_BACKEND: "chats" };
      chats.bot.role = "member";
      put("coderToken", chats.token, world.coder.token);
    });

    async function verdict(more: Record<string, string> = {}) {
      deploy({ environment: { ...environment, ...more } });
      return (await examine()).findings.find(({ check }) => check === "Coder API");
    }
    const faultLike = (message: RegExp) => ({ verdict: "fault", message: expect.stringMatching(message) });

    test("can't act for another service user", async () => {
      chats.addUser({ username: "service" });
      expect(await verdict({ CODER_SERVICE_USER: "service" })).toMatchObject(
        faultLike(/not a site Owner and can't act for other people/),
      );
      expect(await verdict({ CODER_SERVICE_USER: chats.bot.username.toUpperCase() })).toMatchObject({
        verdict: "ok",
      });
    });

    test("has no role that lets the user own chats", async () => {
      chats.bot.role = "service-account";
      expect(await verdict()).toMatchObject({
        ...faultLike(/relay-bot, who is to own the chats, may not create chats in .*CODER_ORGANIZATION/),
        remedy: expect.stringMatching(/"Coder Agents User" \(agents-access\)/),
      });
      chats.bot.agentsAccess = true;
      expect(await verdict()).toMatchObject({ verdict: "ok" });
    });

    test("is not a member of the organization, even as a site Owner", async () => {
      chats.addTemplate({ name: "any", organization: "acme" });
      chats.bot.organizations = ["coder"];
      chats.bot.role = "owner";
      expect(await verdict({ CODER_ORGANIZATION: "acme" })).toMatchObject(
        faultLike(/relay-bot, who is to own the chats, is not a member of .*\(acme\)/),
      );
    });

    test("is not judged if Coder can't check the right", async () => {
      chats.http.faults.add({ path: /authcheck/, status: 404, body: { message: "Route not found." } });
      expect(await verdict()).toMatchObject({
        verdict: "unknown",
        message: expect.stringMatching(/doesn't say whether relay-bot may own chats/),
      });
    });
  });

  test("an API that Coder doesn't have", async () => {
    deploy({ environment: { CODER_BACKEND: "chats" } });
    const { findings } = await examine();
    expect(findings).toContainEqual(
      expect.objectContaining({
        check: "Coder API",
        verdict: "fault",
        message: expect.stringMatching(/no Chats API/),
      }),
    );
  });

  test.each<[Record<string, string>, RegExp]>([
    [{ CODER_ORGANIZATION: "acme" }, /no organization "acme"/],
    [{ CODER_TEMPLATE_NAME: "nothing" }, /no template "nothing"/],
    [{ CODER_TEMPLATE_PRESET: "Huge" }, /no preset "Huge"/],
    [{ CODER_TEMPLATE_NAME: "sized" }, /parameters without a default or a value in the preset: size/],
  ])("templates that can't be used with %j", async (environment, message) => {
    if (environment.CODER_TEMPLATE_NAME === "sized")
      world.coder.addTemplate({ name: "sized", needsPreset: true });
    deploy({ environment });
    await expectFaults(["Templates", message]);
  });

  test("Coder users that don't exist, are suspended, or have too many rights", async () => {
    world.coder.addUser({ username: "gone", status: "suspended" });
    const environment = { CODER_USER_MAP: "mona=nobody,tim=gone", CODER_SERVICE_USER: "relay-bot" };
    deploy({ environment });
    await expectFaults(
      ["Coder users", /gives mona the Coder user nobody, who doesn't exist/],
      ["Coder users", /gives tim the Coder user gone, who is suspended/],
      ["Coder users", /CODER_SERVICE_USER is relay-bot, a site Owner/],
    );
  });

  test("schedules that differ from a repository's config, and those of a repository that is gone", async () => {
    const {
      SCHEDULE_GROUP: GroupName = "",
      SCHEDULE_ROLE_ARN: RoleArn = "",
      CREATE_TASK_FLOW_ARN: Arn = "",
    } = world.system.environment;
    const client = new SchedulerClient({
      region: "us-east-1",
      endpoint: world.system.scheduler.url,
      credentials: world.system.credentials,
    });
    const names: string[] = [];
    const create = async (Name: string, fields: Partial<CreateScheduleCommandInput> = {}) => {
      const ScheduleExpression = "cron(0 3 * * ? *)";
      const common = { GroupName, FlexibleTimeWindow: { Mode: "OFF" }, Target: { Arn, RoleArn } } as const;
      await client.send(new CreateScheduleCommand({ ...common, Name, ScheduleExpression, ...fields }));
      names.push(Name);
    };
    const { id } = world.gitHub.repositories.get("octo/app");
    const job = (name: string) =>
      `[[scheduled_jobs]]\nname = "${name}"\nbranch = "develop"\nschedule = "0 4 * * *"\ntimezone = "Europe/Berlin"\nprompt = "Tidy up."\n`;
    await writeConfig(world, ["missing", "off"].map(job).join("\n"));
    await create(`${id}.off`, { State: "DISABLED" });
    await create(`${id}.former`);
    await create("999.nightly");
    const findings = await expectFaults(
      ["Jobs", new RegExp(`octo/app has the schedule ${id}\\.former, but its config has no such job`)],
      ["Jobs", new RegExp(`octo/app lacks the schedule ${id}\\.missing of its config`)],
      [
        "Jobs",
        new RegExp(
          `${id}\\.off that differs.*: expression cron\\(0 3 .* instead of cron\\(0 4 .*, time zone UTC instead of Europe/Berlin, state DISABLED instead of ENABLED, another target`,
        ),
      ],
      ["Jobs", /the repository 999 has schedules, but no installation that is served has it/],
    );
    expect(findings.find(({ check }) => check === "Jobs")?.remedy).toContain("npm run relay -- reconcile");
    for (const Name of names) await client.send(new DeleteScheduleCommand({ GroupName, Name }));
    client.destroy();
    await writeConfig(world, "scheduled_jobs = 7\n");
    const { code, findings: kept } = await examine();
    expect(code).toBe(0);
    expect(kept).toContainEqual({
      check: "Jobs",
      verdict: "unknown",
      message: expect.stringMatching(/octo\/app is not compared: its config has faults/),
    });
    await writeConfig(world, "");
  });
});
