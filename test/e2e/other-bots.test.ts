import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { allWell, fire, writeConfig } from "./repo-work.js";
import { until, World } from "./support.js";

/** A bot whose posts are controlled by anybody who may write a workflow. */
const other = "github-actions[bot]";

describe("posts of another bot with the relay's markers are not mistaken for the relay's", () => {
  let world: World;
  beforeAll(async () => {
    world = await World.start();
    world.gitHub.addUser({ login: other, type: "Bot" });
    world.coder.addTemplate({ name: "code-factory" });
  });
  afterAll(() => world.close());

  test("a tracking issue: the work gets the relay's own one, which is found again", async () => {
    const { id } = world.gitHub.repositories.get("octo/app");
    const mark = `<!-- coder-task-relay:work ${id} job%23nightly -->`;
    const { issue: planted } = await world.gitHub.openIssue({
      repo: "octo/app",
      by: other,
      title: "Scheduled job",
      body: `${mark}\nAll is well.`,
      labels: ["coder-task-relay"],
    });
    await writeConfig(world, "scheduled_jobs = 7\n");
    const tracking = () => world.gitHub.issuesOf("octo/app").filter(({ body }) => body?.startsWith(mark));
    for (const day of ["01", "02"]) {
      fire(world, "nightly", `2026-01-${day}T03:00:00Z`);
      await allWell(world);
      expect(tracking()).toHaveLength(2);
    }
    expect(planted).toMatchObject({ state: "open", body: `${mark}\nAll is well.` });
    await writeConfig(world, "");
  });

  test("a status comment: the issue gets the App's own", async () => {
    const issue = await world.openIssue();
    const words = "<!-- coder-task-relay:status -->\n\n🟢 The agent is running.";
    const { comment } = await world.gitHub.comment(issue, { by: other, body: words, deliver: false });
    await world.assign(issue);
    await until("the App's comment says it", () =>
      world.statusComments(issue).some((body) => /is running/.test(body)),
    );
    await allWell(world);
    expect(comment.body).toBe(words);
    expect(world.statusComments(issue)).toHaveLength(1);
  });

  test("a check run of the same name: the commit gets the App's own", async () => {
    const files = { ".code-factory/config.toml": "scheduled_jobs = 7\n" };
    const pushed = await world.gitHub.push({ repo: "octo/app", by: "mona", files, deliver: false });
    const { checkRuns } = world.gitHub;
    const planted = {
      id: 7_000_000,
      repo: world.gitHub.repositories.get("octo/app"),
      headSha: pushed.sha,
      startedAt: "2026-01-01T00:00:00Z",
      name: "coder-task-relay / config",
      status: "completed",
      conclusion: "success",
      completedAt: "2026-01-01T00:00:00Z",
      output: { title: "The config is valid", summary: "All is well." },
      annotations: [],
      detailsUrl: null,
      externalId: "repo-config",
      app: { id: 15_368, slug: "another" },
    };
    checkRuns.all.push(planted);
    await world.gitHub.send(pushed);
    await allWell(world);
    const found = checkRuns.all.filter(({ headSha }) => headSha === pushed.sha);
    expect(found.map(({ conclusion }) => conclusion).sort()).toEqual(["failure", "success"]);
    expect(planted).toMatchObject({ conclusion: "success", output: { summary: "All is well." } });
    await writeConfig(world, "");
  });
});
