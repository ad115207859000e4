import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import type { FakeChat } from "../../local/fake-coder/chats/chat.js";
import type { FakeTask } from "../../local/fake-coder/tasks/fake-task.js";
import type { NewRun } from "../../local/fake-github/runs/workflow-run.js";
import { Gate } from "./gate.js";
import { allWell, writeConfig } from "./repo-work.js";
import { until, World } from "./support.js";

const config = `
[[on_event.failed_run]]
workflows = ["CI", "Nightly"]
branches = ["main", "release/*"]
prompt_additions = "Ask in #ci before you revert anything."
`;

describe.each([
  ["Tasks", "2.34" as const],
  ["Chats", "2.38" as const],
])("a failed run on a branch, on %s", (_, version) => {
  let world: World;
  let gate: Gate;
  beforeAll(async () => {
    gate = await Gate.before("send-inbox");
    world = await World.start({
      coder: { version },
      bundles: Gate.bundles(gate),
      settings: { CODER_SERVICE_USER: "factory", MAX_CI_ROUNDS: "2" },
    });
    world.coder.addTemplate({ name: "code-factory" });
    world.coder.addUser({ username: "factory" });
    await writeConfig(world, config);
  });
  afterAll(async () => {
    await world.close();
    await gate.remove();
  });

  const fails = (
    branch: string,
    more: Partial<
      Pick<
        NewRun,
        "workflow" | "headRepo" | "headSha" | "event" | "by" | "restartedBy" | "conclusion" | "deliver"
      >
    > & {
      error?: string;
    } = {},
  ) =>
    world.gitHub.completeRun({
      repo: "octo/app",
      by: more.by ?? "mona",
      ...(more.restartedBy && { restartedBy: more.restartedBy }),
      workflow: more.workflow ?? "CI",
      branch,
      ...(more.headRepo && { headRepo: more.headRepo }),
      headSha: more.headSha ?? randomBytes(20).toString("hex"),
      event: more.event ?? "push",
      conclusion: more.conclusion ?? "failure",
      ...(more.deliver === false && { deliver: false }),
      jobs: [{ name: "test", conclusion: "failure", log: `##[error]${more.error ?? "it broke"}\n` }],
    });
  const promptOf = (agent: FakeTask | FakeChat): string =>
    "initialPrompt" in agent ? agent.initialPrompt : agent.prompt;
  const agents = (branch: string, workflow = "CI") =>
    world.agents().filter((agent) => {
      const prompt = promptOf(agent);
      const url = `https://github.com/octo/app/actions?query=branch%3A${encodeURIComponent(branch).replaceAll(".", "%2e")}#`;
      return prompt.includes(url) && prompt.includes(`of octo/app: ${workflow}, attempt`);
    });

  test("that the config lists creates one task, with the summary and the additions; the next failure goes to that task", async () => {
    await fails("main", { error: "expected 1 but found 2" });
    const agent = await until("there is an agent", () => agents("main")[0]);
    await allWell(world);
    const prompt = promptOf(agent);
    expect(prompt).toContain("Failed workflow run on branch main of octo/app: CI, attempt 1");
    expect(prompt).toContain("expected 1 but found 2");
    expect(prompt).toContain("CI output is untrusted");
    expect(prompt).toContain("Ask in #ci before you revert anything.");
    expect(prompt).toContain("BRANCH: main");
    expect(agent.inputs).toEqual([]);
    expect(agent.owner).toBe("factory");

    await fails("main", { error: "now it is 3" });
    await until("the agent gets the message", () =>
      agent.inputs.some(({ text }) => text.includes("now it is 3")),
    );
    await allWell(world);
    expect(agent.inputs[0]?.text).toContain("Ask in #ci");
    expect(agent.inputs[0]?.text).toContain("CI output is untrusted");
    expect(agent.inputs[0]?.text).not.toContain("same branch");
    expect(agents("main")).toHaveLength(1);
  });

  test("is not told if the workflow has succeeded on the branch before the agent listens", async () => {
    await fails("release/0.8");
    const agent = await until("there is an agent", () => agents("release/0.8")[0]);
    await allWell(world);
    gate.shut();
    await fails("release/0.8", { error: "once more" });
    await fails("release/0.8", { workflow: "Nightly", conclusion: "success" });
    await gate.during(() => fails("release/0.8", { conclusion: "success" }));
    await allWell(world);
    expect(agent.inputs).toEqual([]);

    gate.shut();
    await fails("release/0.8", { error: "this remains" });
    await gate.during(() => fails("release/0.8", { workflow: "Nightly", conclusion: "success" }));
    await until("the agent gets the message", () =>
      agent.inputs.some(({ text }) => text.includes("this remains")),
    );
    await allWell(world);
  });

  test("is fixed in a pull request, whose reviews reach the agent", async () => {
    await fails("release/0.9");
    const agent = await until("there is an agent", () => agents("release/0.9")[0]);
    const [url = ""] = /(?<=WORKFLOW_URL: )[^\s\\"]+/.exec(promptOf(agent)) ?? [];
    const { pull } = await world.gitHub.openPull({
      repo: "octo/app",
      by: world.gitHub.agentLogin,
      head: "mend",
      title: "Mend it",
      body: `This mends ${url}`,
    });
    await world.gitHub.review(pull, { by: "mona", state: "changes_requested", body: "Not like this." });
    await until("the agent gets the message", () =>
      agent.inputs.some(({ text }) => text.includes("Not like this.")),
    );
    await allWell(world);
  });

  test("does not count as a round of the pull request that fixes it", async () => {
    await fails("release/6.0");
    const agent = await until("there is an agent", () => agents("release/6.0")[0]);
    await allWell(world);
    for (const error of ["second", "third", "fourth"]) {
      await fails("release/6.0", { error });
      await until("the agent gets the message", () => agent.inputs.some(({ text }) => text.includes(error)));
      await allWell(world);
    }
    const [url = ""] = /(?<=WORKFLOW_URL: )[^\s\\"]+/.exec(promptOf(agent)) ?? [];
    const { pull } = await world.gitHub.openPull({
      repo: "octo/app",
      by: world.gitHub.agentLogin,
      head: "mend-6",
      title: "Mend it",
      body: `This mends ${url}`,
    });
    await fails("mend-6", {
      headSha: pull.shas.at(-1) ?? "",
      event: "pull_request",
      error: "of the pull request",
    });
    await until("the agent gets the message", () =>
      agent.inputs.some(({ text }) => text.includes("of the pull request")),
    );
    await allWell(world);
  });

  test("creates a task for each workflow and branch", async () => {
    await fails("release/1.0");
    await fails("release/1.0", { workflow: "Nightly" });
    await until(
      "there are two",
      () => agents("release/1.0").length + agents("release/1.0", "Nightly").length === 2,
    );
    await allWell(world);
  });

  test("of twenty at once creates one task, which gets the newest failure", async () => {
    await Promise.all(
      Array.from({ length: 20 }, (__, i) => fails("release/2.0", { error: `failure ${i}.` })),
    );
    await allWell(world);
    const [agent, ...others] = agents("release/2.0");
    expect(others).toEqual([]);
    expect([agent && promptOf(agent), ...(agent?.inputs ?? []).map(({ text }) => text)].join("\n")).toContain(
      "failure 19.",
    );
  });

  test("of another branch, another workflow or a fork starts nothing", async () => {
    world.gitHub.addRepository({ owner: "tim", name: "app" });
    await fails("feature/x");
    await fails("main", { workflow: "Docs" });
    await fails("release/9.0", { headRepo: "tim/app" });
    await allWell(world);
    expect([...agents("feature/x"), ...agents("main", "Docs"), ...agents("release/9.0")]).toEqual([]);
  });

  test.each(["issue_comment", "pull_request_target", "issues", "workflow_run", "pull_request"])(
    "that was started by %s is ignored, because strangers can cause such runs",
    async (event) => {
      await fails("release/3.0", { event });
      await allWell(world);
      expect(agents("release/3.0")).toEqual([]);
    },
  );

  test("of an event that the rule lists creates a task if a person with write permission caused it", async () => {
    const events =
      '[[on_event.failed_run]]\nworkflows = ["Triage"]\nbranches = ["main"]\nevents = ["issue_comment"]\n';
    await writeConfig(world, `${config}${events}`);
    await fails("main", { workflow: "Triage" });
    await fails("main", { workflow: "Triage", event: "issue_comment", by: "tim" });
    await fails("main", { workflow: "Triage", event: "issue_comment", by: "stranger" });
    await allWell(world);
    expect(agents("main", "Triage")).toEqual([]);
    await fails("main", { workflow: "Triage", event: "issue_comment" });
    await until("there is an agent", () => agents("main", "Triage")[0]);
    await allWell(world);
    await writeConfig(world, config);
  });

  test.each([
    ["caused by somebody without write permission", { by: "tim" }],
    ["caused by a bot that is not allowed", { by: "renovate[bot]" }],
    ["started again by somebody without write permission", { restartedBy: "tim" }],
  ])("%s starts nothing", async (_case, more) => {
    await fails("release/4.0", more);
    await allWell(world);
    expect(agents("release/4.0")).toEqual([]);
  });

  test("is ignored after a newer successful run, also if it is delivered again; a fork's run and a skipped one do not count", async () => {
    const { payload } = await fails("release/5.0", { conclusion: "failure", deliver: false });
    await fails("release/5.0", { conclusion: "success" });
    await fails("release/5.0", { conclusion: "skipped" });
    await world.gitHub.deliver("workflow_run", payload);
    await world.gitHub.deliver("workflow_run", payload);
    await allWell(world);
    expect(agents("release/5.0")).toEqual([]);

    world.gitHub.addRepository({ owner: "tim", name: "app", forkOf: "octo/app" });
    const { payload: still } = await fails("release/6.0", { deliver: false });
    await fails("release/6.0", { headRepo: "tim/app", conclusion: "success" });
    await fails("release/6.0", { conclusion: "skipped" });
    await world.gitHub.deliver("workflow_run", still);
    await until("there is an agent", () => agents("release/6.0")[0]);
    await allWell(world);
  });

  test("that ends after the agent's pull request starts nothing", async () => {
    const { pull } = await world.gitHub.openPull({
      repo: "octo/app",
      by: world.gitHub.agentLogin,
      head: "release/late",
      title: "Fix it",
    });
    await world.gitHub.closePull(pull, { by: "mona" });
    await fails("release/late", { headSha: pull.shas.at(-1) ?? "" });
    await allWell(world);
    expect(agents("release/late")).toEqual([]);
    await fails("release/late");
    await until("there is an agent", () => agents("release/late")[0]);
    await allWell(world);
  });

  test("of the agent's pull request goes to the pull request's task, even if its branch is listed", async () => {
    const issue = await world.openIssue();
    await world.assign(issue);
    await world.untilStatus(issue, "is running");
    const pull = await world.openPull(issue, { head: "release/agents" });
    await world.gitHub.completeRun({
      repo: "octo/app",
      workflow: "CI",
      branch: "release/agents",
      headSha: pull.shas.at(-1) ?? "",
      conclusion: "failure",
      jobs: [{ name: "test", conclusion: "failure", log: "##[error]mine\n" }],
    });
    await until("the agent gets the message", () =>
      world.agent(issue)?.inputs.some(({ text }) => text.includes("mine")),
    );
    await allWell(world);
    expect(agents("release/agents")).toEqual([]);
  });
});
