import { createPrivateKey } from "node:crypto";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import { appPermissions } from "../../infra/definition/github-app.js";
import { until, World } from "./support.js";

let world: World;

/** Sets the App's secret before anything has read it. Returns how the run of an assignment ends. */
async function assignWith(secret: string) {
  world.system.rotate({ githubApp: secret });
  await world.assign(await world.openIssue());
  const [run] = await world.idle();
  return run;
}

describe("the App's private key", () => {
  beforeEach(async () => {
    world = await World.start();
  });
  afterEach(() => world.close());

  test.each([
    "as GitHub issues it (PKCS#1)",
    "in PKCS#8",
    "with its line ends written as \\n",
    "with an App id as a number",
  ])("is accepted %s", async (form) => {
    const { appId, privateKey } = world.gitHub;
    expect(privateKey).toContain("BEGIN RSA PRIVATE KEY");
    const pkcs8 = createPrivateKey(privateKey).export({ type: "pkcs8", format: "pem" }).toString();
    const secrets: Record<string, object> = {
      "in PKCS#8": { appId, privateKey: pkcs8 },
      "with its line ends written as \\n": { appId, privateKey: privateKey.replaceAll("\n", "\\n") },
      "with an App id as a number": { appId: Number(appId), privateKey },
    };
    const run = await assignWith(JSON.stringify(secrets[form] ?? { appId, privateKey }));
    expect(run).toMatchObject({ status: "SUCCEEDED" });
  });

  test.each([
    ["no JSON", "-----BEGIN"],
    ["no App id", JSON.stringify({ privateKey: "x" })],
    ["no key", JSON.stringify({ appId: "1", privateKey: "the-secret-thing" })],
  ])(
    "with %s fails the run with an error that says what is expected, without the secret",
    async (_, secret) => {
      const run = await assignWith(secret);
      expect(run).toMatchObject({ status: "FAILED", error: "ConfigurationError" });
      expect(run?.cause).toContain("BEGIN RSA PRIVATE KEY");
      expect(run?.cause).not.toContain("the-secret-thing");
      expect(world.logs.join()).not.toContain("the-secret-thing");
    },
  );
});

describe("the App's tokens", () => {
  beforeAll(async () => {
    world = await World.start();
  });
  afterAll(() => world.close());

  test.each([
    ["ahead of", 5],
    ["behind", -5],
  ])("are issued even if GitHub's clock is five minutes %s ours", async (_, minutes) => {
    const other = await World.start({ gitHub: { clockAheadMs: minutes * 60_000 } });
    try {
      const issue = await other.runningIssue();
      await other.gitHub.comment(issue, { by: "mona", body: "Use the new parser." });
      await until("the agent gets the message", () => other.agentOf(issue).inputs.length > 0);
      await other.gitHub.closeIssue(issue, { by: "mona" });
      await other.untilStatus(issue, "Completed");
      const runs = await other.idle();
      expect(runs.map(({ status }) => status)).toEqual(runs.map(() => "SUCCEEDED"));
    } finally {
      await other.close();
    }
  });

  test("are shared: all flows of an issue use one token", async () => {
    const issue = await world.runningIssue();
    await world.gitHub.comment(issue, { by: "mona", body: "Use the new parser." });
    await until("the agent gets the message", () => world.agentOf(issue).inputs.length > 0);
    await world.gitHub.closeIssue(issue, { by: "mona" });
    await world.untilStatus(issue, "Completed");
    const runs = await world.idle();
    expect(runs.map(({ status }) => status)).toEqual(runs.map(() => "SUCCEEDED"));
    const requested = world.gitHub.http.calls.filter(({ path }) => path.endsWith("/access_tokens"));
    expect(requested).toHaveLength(1);
  });

  test("that were revoked are replaced within the run", async () => {
    const issue = await world.openIssue();
    await world.assign(issue);
    await world.untilRunning(issue);
    world.gitHub.auth.expireTokens();
    await world.gitHub.closeIssue(issue, { by: "mona" });
    await world.untilStatus(issue, "Completed");
    expect(await world.endsOf(issue)).toEqual(["SUCCEEDED", "SUCCEEDED"]);
  });

  test("are dropped if they lack a permission, so that a redrive gets the current permissions", async () => {
    const { auth } = world.gitHub;
    auth.permissions = { contents: "read", metadata: "read", issues: "read" };
    // The container has a token from earlier tests.
    auth.expireTokens();
    const issue = await world.openIssue();
    await world.assign(issue);
    const [failed] = await world.idle();
    expect(failed).toMatchObject({ status: "FAILED", error: "GitHubForbiddenError" });
    expect(failed?.cause).toContain("docs/github-app-setup.md");
    auth.permissions = { ...appPermissions };
    world.system.engine.redrive(failed?.executionArn ?? "");
    await world.untilRunning(issue);
    expect(await world.endsOf(issue)).toEqual(["SUCCEEDED"]);
  });
});
