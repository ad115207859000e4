import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { allWell, writeConfig } from "./repo-work.js";
import { World } from "./support.js";

const config = `
[sandbox]
size = "large"
docker = true

[[sandbox.volumes]]
path = "/data"
size = "20gb"

[harness]
provider = "codex"
`;

const parameters = ["repo_url", "ai_provider", "size", "docker", "extra_volumes"];

describe.each([
  ["Tasks", "2.34" as const],
  ["Chats", "2.38" as const],
])("an issue of a repository with a config, on %s", (api, version) => {
  let world: World;
  beforeAll(async () => {
    world = await World.start({ coder: { version } });
    world.coder.addTemplate({ name: "code-factory", parameters });
  });
  afterAll(() => world.close());

  async function assigned() {
    const issue = await world.openIssue();
    await world.assign(issue);
    return issue;
  }

  test("gets the template and prompt that the file asks for", async () => {
    await writeConfig(world, config);
    const issue = await assigned();
    await world.untilStatus(issue, "is running");
    await allWell(world);

    const agent = world.agent(issue);
    const prompt =
      agent && "initialPrompt" in agent ? JSON.parse(agent.initialPrompt) : { ai_prompt: agent?.prompt };
    const { ai_prompt: words, ...settings } = prompt;
    expect(words.split("\n").slice(0, 5)).toEqual([
      `ISSUE_URL: https://github.com/octo/app/issues/${issue.number}`,
      "REPO_OWNER: octo",
      "REPO_NAME: app",
      `ISSUE_NUMBER: ${issue.number}`,
      "REQUESTER: mona",
    ]);
    expect(words).toContain("open a pull request that closes it");
    const workspace = world.coder.workspaces().at(-1);
    expect(workspace?.version.template.name).toBe("code-factory");
    const common = { repo_url: "https://github.com/octo/app", ai_provider: "codex", size: "large" };
    if (api === "Tasks") {
      const volumes = [{ path: "/data", size: "20Gi" }];
      expect(settings).toEqual({ ...common, repo_name: "app", docker: true, extra_volumes: volumes });
    } else {
      const volumes = '[{"path":"/data","size":"20Gi"}]';
      expect(workspace?.parameters).toEqual({ ...common, docker: "true", extra_volumes: volumes });
    }
    await world.gitHub.closeIssue(issue, { by: "mona" });
    await world.untilStatus(issue, "Completed");
    await allWell(world);
  });

  test("gets no task if the file has faults; the status comment names them without their values", async () => {
    await writeConfig(world, 'harness.provider = "hal9000"\n[sandbox]\nsize = "gigantic"\n');
    const issue = await assigned();
    const status = await world.untilStatus(issue, "No task was created");
    expect(status).toMatch(/Line 1, harness\.provider: .*claude_code/);
    expect(status).toMatch(/Line 3, sandbox\.size: .*small/);
    expect(status).toMatch(/Fix the file.*assign it again/);
    expect(status).not.toMatch(/hal9000|gigantic/);
    await allWell(world);
    expect(world.agentsFor(issue)).toEqual([]);

    await writeConfig(world, config);
    await world.unassign(issue);
    await world.idle();
    await world.assign(issue);
    await world.untilStatus(issue, "is running");
    await world.gitHub.closeIssue(issue, { by: "mona" });
    await world.untilStatus(issue, "Completed");
    await allWell(world);
    expect(world.statusComments(issue)).toHaveLength(1);
  });

  test("reports a failure of GitHub on its issue, and gets its task once GitHub works again", async () => {
    world.gitHub.http.fail({ path: /\/contents\//, status: 502, times: 2 });
    const issue = await assigned();
    await world.untilStatus(issue, "is running");
    await allWell(world);
    expect(world.agentsFor(issue)).toHaveLength(1);
  });
});
