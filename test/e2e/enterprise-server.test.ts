import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { until, World } from "./support.js";

let world: World;
beforeAll(async () => {
  world = await World.start({
    gitHub: { isEnterpriseServer: true },
    settings: { CODER_USER_MAP: "mona=mona-ghes" },
  });
  // World.start linked mona-c to mona's id, which belongs to somebody else on github.com.
  world.coder.addUser({ username: "mona-ghes" });
  world.gitHub.addRepository({ owner: "octo", name: "app", permissions: { mona: "write", kim: "write" } });
});
afterAll(() => world.close());

test("on GitHub Enterprise Server an issue lives as it does on github.com", async () => {
  const { gitHub } = world;
  const page = `${gitHub.url}/octo/app`;
  const issue = await world.runningIssue("Fix the parser");
  const agent = world.agentOf(issue);
  expect(agent.owner).toBe("mona-ghes");
  expect("prompt" in agent ? agent.prompt : agent.initialPrompt).toContain(`${page}/issues/${issue.number}`);

  // GraphQL says which issue the pull request closes.
  const pull = await world.openPull(issue, { head: "fix" });
  await gitHub.review(pull, { by: "mona", state: "changes_requested", body: "This accepts two commas." });
  await gitHub.completeRun({
    repo: "octo/app",
    workflow: "CI",
    branch: "fix",
    headSha: pull.shas.at(-1) ?? "",
    conclusion: "failure",
    jobs: [{ name: "test", conclusion: "failure", log: "##[error]expected ',' but found ']'\n" }],
  });
  const inputs = () => agent.inputs.map(({ text }) => text).join("\n");
  await until("the agent has the review and the failure", () =>
    ["This accepts two commas.", "expected ',' but found ']'"].every((text) => inputs().includes(text)),
  );
  expect(inputs()).toContain(`${page}/pull/${pull.number}`);

  await world.attend();
  await world.untilStatus(issue, `${page}/pull/${pull.number}) (open, checks ❌)`);
  await gitHub.closeIssue(issue, { by: "mona" });
  await world.untilStatus(issue, "Completed");
  expect((await world.idle()).filter(({ status }) => status !== "SUCCEEDED")).toEqual([]);
  expect([...world.statusComments(issue), inputs()].join("\n")).not.toMatch(
    /https:\/\/(?:api\.)?github\.com/,
  );

  const outside = gitHub.http.calls.filter(({ reply }) => String(reply).includes("/login"));
  expect(outside.map(({ path }) => path)).toEqual([]);
  expect(gitHub.http.calls.map(({ path }) => path)).toContain("/graphql");
});

test("a person who isn't in CODER_USER_MAP is told so, because Coder doesn't know the server's accounts", async () => {
  const issue = await world.openIssue();
  await world.assign(issue, "kim");
  const comment = await world.untilStatus(issue, "kim cannot be given a task");
  expect(comment).toContain("GitHub Enterprise Server");
  expect(comment).toContain('"kim=CODERUSER"');
  expect(comment).not.toContain("Sign in to Coder");
  expect(world.agentsFor(issue)).toEqual([]);
  expect(await world.endsOf(issue)).toEqual(["SUCCEEDED"]);
});
