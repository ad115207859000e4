import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { setup } from "../../cli/commands/setup.js";
import { World } from "../e2e/support.js";
import { FormBrowser } from "./browser.js";
import { connect, relay } from "./support.js";

let world: World;
beforeAll(async () => {
  world = await World.start({
    gitHub: { isEnterpriseServer: true },
    settings: { CODER_USER_MAP: "mona=mona-c" },
  });
  const { gitHub, system, coder } = world;
  coder.addTemplate({ name: "code-factory" });
  gitHub.addUser({ login: "octo", type: "Organization" });
  gitHub.addRepository({ owner: "octo", name: "app", installationId: null, permissions: { mona: "admin" } });
  system.rotate({ githubApp: JSON.stringify({ appId: "", privateKey: "" }) });
  connect(system);
});
afterAll(() => world.close());

test("on GitHub Enterprise Server, setup creates and installs the App, the relay serves its issues, and doctor finds nothing wrong", async () => {
  const { gitHub } = world;
  gitHub.loseDeliveries(1);
  const opened: string[] = [];
  const visit = async (url: string) => {
    const browser = new FormBrowser();
    opened.push(url);
    await browser.open(url);
    await browser.submit();
    if (!url.includes("/installations/new")) await browser.submit({ name: "octo-relay" });
  };
  const outside = {
    openBrowser: (url: string) => void visit(url),
    deploy: () => Promise.reject(new Error("the local system is not deployed")),
  };
  const { code, err, out } = await relay(["setup", "--local", "--yes", "--org", "octo", "--wait", "1m"], {
    commands: [(session) => setup(session, outside)],
  });
  expect({ code, err }).toMatchObject({ code: 0 });
  expect(opened.at(-1)).toBe(`${gitHub.url}/github-apps/octo-relay/installations/new`);
  expect(out).toContain(`${gitHub.url}/octo/app/issues/new`);
  await world.runningIssue();

  const findings = await relay(["doctor", "--local"]);
  expect(findings.out.split("\n").filter((line) => !line.startsWith("✓ "))).toEqual([""]);
  expect(findings.code).toBe(0);
});
