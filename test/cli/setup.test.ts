import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import { setup } from "../../cli/commands/setup.js";
import { until, World } from "../e2e/support.js";
import { chromium, FormBrowser } from "./browser.js";
import { connect, type Run, relay } from "./support.js";

const folder = mkdtempSync(join(tmpdir(), "setup-"));
const placeholder = JSON.stringify({ appId: "", privateKey: "" });

let world: World;
beforeAll(async () => {
  world = await World.start();
  world.gitHub.addUser({ login: "octo", type: "Organization" });
  connect(world.system);
});
afterAll(async () => {
  await world.close();
  rmSync(folder, { recursive: true, force: true });
});

/**
 * As after a deployment: the secret holds no App, and none is installed. The relay reads a changed secret at most once a
 * minute, so only the tests of the whole setup let GitHub reach it.
 */
beforeEach(() => {
  world.gitHub.loseDeliveries(1000);
  world.system.rotate({ githubApp: placeholder });
  world.gitHub.addRepository({
    owner: "octo",
    name: "app",
    installationId: null,
    permissions: { mona: "admin", tim: "triage" },
  });
  world.gitHub.pages.signedIn = "mona";
  world.gitHub.pages.takenNames.clear();
});

/** Runs setup. `visit` acts as the person in the browser, and gets each address that setup opens. */
function runSetup(args: string[], visit: (url: string) => Promise<void>): Promise<Run> {
  // An error in the browser ends the test, because setup would wait for minutes.
  let fail = (_: unknown): void => {};
  const wrong = new Promise<never>((_, reject) => {
    fail = reject;
  });
  const outside = {
    openBrowser: (url: string) => void visit(url).catch((error) => fail(error)),
    deploy: () => Promise.reject(new Error("the local system is not deployed")),
  };
  const run = relay(["setup", "--local", "--yes", "--org", "octo", "--wait", "1m", ...args], {
    commands: [(session) => setup(session, outside)],
  });
  return Promise.race([run, wrong]);
}

/** Creates the App under a name, and installs it. */
function asPerson(name = "octo-relay", browser = new FormBrowser()) {
  return async (url: string) => {
    await browser.open(url);
    if (url.includes("/installations/new")) return browser.submit();
    await browser.submit();
    await browser.submit({ name });
  };
}

/** The options with which setup takes over the App, so that nothing has to be made in the browser. */
function takingOver(): string[] {
  const file = join(folder, "taken-over.pem");
  writeFileSync(file, world.gitHub.privateKey);
  return ["--app-id", world.gitHub.appId, "--key-file", file];
}

/** Makes setup end before it needs the relay. */
function loseTheAgent(): void {
  world.gitHub.repositories.get("octo/app").permissions.delete(world.gitHub.agentLogin);
}

/** Expects that the relay serves what setup has connected. */
async function expectServed(): Promise<void> {
  const issue = await world.runningIssue();
  await world.gitHub.closeIssue(issue, { by: "mona" });
  await world.untilStatus(issue, "Completed");
}

(chromium ? test : test.skip)(
  `in a browser${chromium ? "" : ": SKIPPED, because /usr/bin/chromium is not installed (apt-get install chromium)"}, from nothing to a task`,
  async () => {
    const { chromium: driver } = await import("playwright-core");
    const browser = await driver.launch({ executablePath: chromium ?? "", args: ["--no-sandbox"] });
    world.gitHub.loseDeliveries(1);
    const { code, err, out } = await runSetup([], async (url) => {
      const page = await browser.newPage();
      await page.goto(url);
      if (url.includes("/installations/new")) {
        await page.getByRole("button", { name: "Install" }).click();
        return;
      }
      await page.getByRole("textbox").fill("octo-relay");
      await page.getByRole("button", { name: "Create GitHub App for octo" }).click();
      await page.getByRole("heading", { name: "GitHub is connected." }).waitFor();
    });
    await browser.close();
    expect({ code, err }).toEqual({
      code: 0,
      err: expect.stringContaining("✓ A signed ping from GitHub has arrived"),
    });
    expect(out).toContain(`${world.gitHub.url}/octo/app/issues/new`);
    expect(world.gitHub.auth.app).toMatchObject({
      slug: "octo-relay",
      owner: "octo",
      hook: { url: world.system.webhookUrl, contentType: "json" },
    });
    for (const secret of ["PRIVATE KEY", world.gitHub.webhookSecret]) expect(err + out).not.toContain(secret);
    await expectServed();
  },
);

test("a taken name is changed on GitHub's page", async () => {
  world.gitHub.pages.takenNames.add("coder-task-relay");
  loseTheAgent();
  const browser = new FormBrowser();
  const { code, err } = await runSetup([], async (url) => {
    await browser.open(url);
    await browser.submit();
    if (url.includes("/installations/new")) return;
    await browser.submit();
    expect(browser.text).toContain("Name is already taken");
    await browser.submit({ name: "Octo's relay" });
  });
  expect(code).toBe(1);
  expect(err).toContain("✓ GitHub App octo-s-relay");
  expect(world.gitHub.auth.app.name).toBe("Octo's relay");
});

describe("it ends with a sentence that says what to do, if", () => {
  test("the code is too old", async () => {
    const { code, err } = await runSetup([], async (url) => {
      const browser = new FormBrowser();
      await browser.open(url);
      await browser.submit();
      world.gitHub.http.fail({ path: /conversions/, times: 1, status: 404, body: { message: "Not Found" } });
      await browser.submit({ name: "octo-relay" });
    });
    expect(code).toBe(1);
    expect(err).toMatch(/doesn't accept the code.*Delete the App.*or.*--app-id and --key-file/);
  });

  test("the account isn't an owner of the organization, and nobody comes back", async () => {
    world.gitHub.pages.signedIn = "tim";
    const browser = new FormBrowser();
    const { code, err } = await runSetup(["--wait", "1s"], async (url) => {
      await browser.open(url);
      await browser.submit();
    });
    expect(browser.text).toContain("Page not found");
    expect(code).toBe(1);
    expect(err).toContain('If GitHub says "Page not found", that account is not an owner of octo.');
    expect(err).toMatch(/Nobody came back from GitHub.*Run setup again/);
  });

  test("the App was created for another account: its key is not stored", async () => {
    const { code, err } = await runSetup([], async (url) => {
      const browser = new FormBrowser();
      await browser.open(url);
      await browser.submit();
      const made = { id: 77, slug: "mine", owner: { login: "mona" }, pem: world.gitHub.privateKey };
      world.gitHub.http.fail({ path: /conversions/, times: 1, status: 201, body: made });
      await browser.submit({ name: "octo-relay" });
    });
    expect(code).toBe(1);
    expect(err).toMatch(
      /App 77 belongs to mona, not to octo; nothing was stored. Delete it.*run setup again/,
    );
    expect(await storedApp()).toBe(placeholder);
  });

  test("the App's key can't be stored", async () => {
    const { code, err } = await runSetup([], async (url) => {
      const browser = new FormBrowser();
      await browser.open(url);
      await browser.submit();
      const body = { __type: "AccessDeniedException", Message: "No PutSecretValue for you." };
      world.system.secretsManager.server.fail({ times: 1, status: 400, body });
      await browser.submit({ name: "octo-relay" });
    });
    expect(code).toBe(1);
    expect(err).toMatch(
      /its key could not be stored \(AccessDeniedException.*run setup --app-id \d+ --key-file/,
    );
  });

  test("the browser was closed: its page can be opened again, until nobody comes back", async () => {
    const pages: string[] = [];
    const { code, err } = await runSetup(["--wait", "1s"], async (url) => {
      for (let i = 0; i < 2; i++) {
        const browser = new FormBrowser();
        await browser.open(url);
        pages.push(browser.text);
      }
    });
    expect(pages[0]).toContain("Continuing to GitHub");
    expect(pages[1]).toContain("Continuing to GitHub");
    expect(code).toBe(1);
    expect(err).toMatch(
      /If you have closed it, open it again.*Nobody came back from GitHub.*Run setup again/s,
    );
  });

  test("GitHub or AWS refuses something that setup doesn't expect", async () => {
    const body = { __type: "AccessDeniedException", Message: "No GetSecretValue for you." };
    world.system.secretsManager.server.fail({ times: 1, status: 400, body });
    const { code, err } = await runSetup([], async () => {});
    expect(code).toBe(1);
    expect(err).toMatch(/AccessDeniedException: No GetSecretValue for you. Fix that, and run setup again/);
  });

  test("somebody else's page comes back", async () => {
    const browser = new FormBrowser();
    await runSetup(["--wait", "1s"], async (url) => {
      await browser.open(`${new URL(url).origin}/back?code=1234&state=guessed`);
    });
    expect(browser.text).toContain("another run of setup");
  });

  test("the connection is lost halfway: the page can be reloaded", async () => {
    loseTheAgent();
    world.gitHub.http.fail({ path: /conversions/, times: 3, lose: "request" });
    const browser = new FormBrowser();
    const person = asPerson("octo-relay", browser);
    const { code, err } = await runSetup([], async (url) => {
      await person(url);
      if (url.includes("/installations/new")) return;
      expect(browser.text).toMatch(/GitHub can't be reached.*Reload this page/s);
      await browser.open(browser.url);
      expect(browser.text).toContain("GitHub is connected.");
    });
    expect(code).toBe(1);
    expect(err).toContain("✓ GitHub App octo-relay");
  });

  test("the App is not installed because an owner must approve it, and GitHub fails in the meantime", async () => {
    const { auth, http, pages, url } = world.gitHub;
    pages.signedIn = "tim";
    const browser = new FormBrowser();
    await browser.open(`${url}/apps/${auth.appSlug}/installations/new`);
    await browser.submit();
    const { code, err } = await runSetup([...takingOver(), "--wait", "1s"], async () => {
      http.fail({ path: /\/app\/installations$/, times: 3, status: 502, body: {} });
    });
    expect(code).toBe(1);
    expect(err).toMatch(/tim has requested the App, and an owner/);
  });

  test("the agent can't be assigned", async () => {
    loseTheAgent();
    const { code, err } = await runSetup([], asPerson());
    expect(code).toBe(1);
    expect(err).toMatch(/coder-agent can't be assigned.*octo\/app\/settings\/access/);
  });
});

describe("an App that exists", () => {
  const keyFile = join(folder, "app.pem");
  const takeOver = (args: string[] = []) =>
    runSetup(["--app-id", world.gitHub.appId, "--key-file", keyFile, ...args], asPerson());

  test("is taken over: its webhook is set; a second run finds everything and opens no page", async () => {
    const { gitHub, system } = world;
    writeFileSync(keyFile, gitHub.privateKey);
    gitHub.auth.app.hook = {
      url: "https://example.com/old",
      contentType: "form",
      secret: "old",
      insecureSsl: "0",
    };
    gitHub.loseDeliveries(1);
    await gitHub.ping();
    const { code, err } = await takeOver();
    expect({ code, err }).toMatchObject({ code: 0 });
    expect(gitHub.auth.app.hook).toMatchObject({ url: system.webhookUrl, contentType: "json" });
    await expectServed();

    const opened: string[] = [];
    const again = await runSetup(["--json"], async (url) => void opened.push(url));
    expect(again.code).toBe(0);
    expect(again.json()).toEqual({
      repository: "octo/app",
      agent: "coder-agent",
      tryIt: `${gitHub.url}/octo/app/issues/new`,
    });
    expect(opened).toEqual([]);
    const other = await runSetup(["--org", "acme"], async (url) => void opened.push(url));
    expect(other.code).toBe(1);
    expect(other.err).toMatch(/belongs to octo, not to acme. Leave out --org/);
  });

  test("lacks a permission and an event: both are named, with the page where they can be added", async () => {
    const { gitHub } = world;
    writeFileSync(keyFile, gitHub.privateKey);
    const { permissions, events } = gitHub.auth.app;
    gitHub.auth.app.permissions = { ...permissions, checks: "read" };
    gitHub.auth.app.events = events.filter((event) => event !== "push");
    const { code, err } = await takeOver();
    Object.assign(gitHub.auth.app, { permissions, events });
    expect(code).toBe(1);
    expect(err).toMatch(/permission checks: write, the event push.*\/organizations\/octo\/settings\/apps\//);
  });

  test.each([
    ["no key", "hello", /contains no private key/],
    ["a file that isn't there", undefined, /can't be read/],
  ])("%s", async (_, content, message) => {
    rmSync(keyFile, { force: true });
    if (content !== undefined) writeFileSync(keyFile, content);
    expect((await takeOver()).err).toMatch(message);
    expect(await until("the secret is as it was", () => storedApp())).toBe(placeholder);
  });
});

async function storedApp(): Promise<string> {
  const { readSecret } = await import("../../cli/operations/secrets.js");
  const { findLocal } = await import("../../cli/deployment/connection.js");
  return readSecret(await findLocal(process.env.LOCAL_STATE_DIR ?? ""), "GitHubAppSecretArn");
}

test("an installation on an account that isn't served doesn't count", async () => {
  const { gitHub } = world;
  gitHub.auth.requests.length = 0;
  const strange = gitHub.addRepository({ owner: "elsewhere", name: "lib", installationId: 4711 });
  const { code, err } = await runSetup([...takingOver(), "--wait", "1s"], async () => {});
  strange.installationId = null;
  expect(code).toBe(1);
  expect(err).toContain("! The relay doesn't serve elsewhere, where the App is installed");
  expect(err).toMatch(/installed on elsewhere, which the relay doesn't serve.*ALLOWED_ACCOUNTS=elsewhere/);
});

test("a token that Coder refuses is replaced by the one of CODER_TOKEN", async () => {
  loseTheAgent();
  world.system.rotate({ coderToken: "0123456789-expired" });
  const isPut = () => world.system.secretsManager.has("coderToken", world.coder.token);
  const refused = await runSetup([], asPerson());
  expect(refused).toMatchObject({ code: 2, err: expect.stringContaining("CODER_TOKEN is missing") });
  expect(isPut()).toBe(false);
  process.env.CODER_TOKEN = world.coder.token;
  const { err } = await runSetup([], asPerson());
  delete process.env.CODER_TOKEN;
  expect(err).toMatch(/! Coder rejects the relay's token.*\n✓ Coder/);
  expect(isPut()).toBe(true);
});

test.each([
  [["--app-id", "12"], /belong together/],
  [["--app-id", "x", "--key-file", "y"], /is a number/],
  [
    ["--app-id", "12", "--key-file", "/nowhere.pem"],
    /--key-file \/nowhere.pem can't be read; expected the whole/,
  ],
  [["--name", "a".repeat(35)], /at most 34/],
  [["--name", " "], /isn't blank/],
  [["--org", "my org"], /Expected the login of an organization/],
  [["--wait", "soon"], /Expected a time like/],
])("refuses %j", async (args, message) => {
  const { code, err } = await runSetup(args, async () => {});
  expect(code).toBe(2);
  expect(err).toMatch(message);
});
