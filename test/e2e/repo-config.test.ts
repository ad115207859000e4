import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import type { ExecutionDescription } from "../../local/engine/index.js";
import type { NewPush } from "../../local/fake-github/contents/push.js";
import type { CheckRun } from "../../local/fake-github/runs/check-runs.js";
import { until, World } from "./support.js";

/** One world for all tests; each has its own repository and installation. */
let world: World;
let repo: string;
let installation = 60_000_000;
let repositoryId: number;
/** The number of runs before the test. */
let earlier: number;
beforeAll(async () => {
  world = await World.start({ settings: { ALLOWED_ACCOUNTS: "octo,acme" } });
});
beforeEach(() => {
  installation += 1;
  repo = `octo/app-${installation}`;
  repositoryId = addRepository(repo).id;
  earlier = world.executions("sync-repo-config").length;
});
afterEach(() => {
  world.gitHub.http.faults.clear();
  world.system.scheduler.server.faults.clear();
});
afterAll(() => world.close());

const path = ".code-factory/config.toml";

/** A repository in the test's installation, or in another one. */
function addRepository(fullName: string, installationId: number | null = installation) {
  const [owner = "", name = ""] = fullName.split("/");
  return world.gitHub.addRepository({ owner, name, installationId, permissions: { mona: "write" } });
}

/** A job that is not due while a test runs. */
const job = (name: string, schedule = "0 5 1 1 *") =>
  `[[scheduled_jobs]]\nname = "${name}"\nbranch = "main"\nschedule = "${schedule}"\nprompt = "Do it"\n`;
const invalid = '[sandbox]\nsize = "huge"\n\n[[scheduled_jobs]]\nname = "nightly"\n';

const push = (input: Partial<NewPush>) => world.gitHub.push({ repo, by: "mona", ...input });
/** Pushes a config to the default branch. */
const pushConfig = (toml: string, more: Partial<NewPush> = {}) => push({ files: { [path]: toml }, ...more });
const removeConfig = (more: Partial<NewPush> = {}) => push({ commits: [{ removed: [path] }], ...more });

/** The schedules of the test's repository, or of another one. */
function schedulesOf(id = repositoryId) {
  return world.system.scheduler.list().filter(({ name }) => name.startsWith(`${id}.`));
}

/** Schedules by name, without the repository's id, with their expressions. */
function schedules(): Record<string, string> {
  const named = schedulesOf().map(({ name, definition }) => [
    name.replace(/^\d+\./, ""),
    definition.ScheduleExpression,
  ]);
  return Object.fromEntries(named);
}

const jobs = (id = repositoryId) => schedulesOf(id).map(({ name }) => name.replace(/^\d+\./, ""));

function checkRuns(sha: string): CheckRun[] {
  return world.gitHub.checkRuns.all.filter(({ headSha }) => headSha === sha);
}

/** The one check run of a commit. */
function checkRun(sha: string): CheckRun {
  const [run, ...others] = checkRuns(sha);
  if (!run || others.length > 0) throw new Error(`${others.length + (run ? 1 : 0)} check runs`);
  return run;
}

/** Waits until all runs of the test are over, and returns them, the newest first. */
async function ended(): Promise<ExecutionDescription[]> {
  await world.idle();
  const all = world.executions("sync-repo-config");
  return all.slice(0, all.length - earlier);
}

/** Waits until all runs of the test are over; each must have succeeded. */
async function settled(): Promise<void> {
  const runs = await ended();
  expect(runs.map(({ status, cause }) => cause ?? status)).toEqual(runs.map(() => "SUCCEEDED"));
}

describe("a push to the default branch", () => {
  test("that adds the config creates its schedules and a check run that describes them", async () => {
    const { sha, status } = await pushConfig(`[sandbox]\nsize = "large"\n${job("nightly")}`);
    expect(status).toBe(202);
    await settled();
    expect(schedules()).toEqual({ nightly: "cron(0 5 1 1 ? *)" });
    const run = checkRun(sha);
    expect(run).toMatchObject({
      name: "coder-task-relay / config",
      status: "completed",
      conclusion: "success",
      annotations: [],
    });
    expect(run.output.summary).toMatch(/Size: `large`[\s\S]*`nightly`: at `0 5 1 1 \*` \(UTC\)/);
  });

  test("that changes the config creates, changes and removes schedules as needed, and touches no other", async () => {
    await pushConfig(job("stays") + job("moves") + job("goes"));
    await settled();
    const before = world.system.scheduler.server.calls.length;
    await pushConfig(job("stays") + job("moves", "0 6 1 1 *") + job("comes"));
    await settled();
    expect(schedules()).toEqual({
      comes: "cron(0 5 1 1 ? *)",
      moves: "cron(0 6 1 1 ? *)",
      stays: "cron(0 5 1 1 ? *)",
    });
    const changes = world.system.scheduler.server.calls
      .slice(before)
      .filter(({ method }) => method !== "GET");
    expect(changes.map(({ method, path: url }) => `${method} ${url.replace(/^.*\./, "")}`).sort()).toEqual([
      "DELETE goes",
      "POST comes",
      "PUT moves",
    ]);
  });

  test("that removes the config removes its schedules, and says so", async () => {
    await pushConfig(job("nightly"));
    const { sha } = await removeConfig();
    await settled();
    expect(jobs()).toEqual([]);
    expect(checkRun(sha)).toMatchObject({
      conclusion: "neutral",
      output: { title: expect.stringContaining("no config") },
    });
  });

  test("with an invalid config fails its check on the faulty lines, and leaves the schedules as they are", async () => {
    await pushConfig(job("nightly"));
    await settled();
    const { sha } = await pushConfig(invalid);
    await settled();
    expect(jobs()).toEqual(["nightly"]);
    const run = checkRun(sha);
    expect(run.conclusion).toBe("failure");
    expect(run.annotations).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ path, start_line: 2, annotation_level: "failure", title: "sandbox.size" }),
        expect.objectContaining({ path, start_line: 4, annotation_level: "failure" }),
      ]),
    );
    expect(JSON.stringify([run.output, run.annotations])).not.toContain("huge");
  });

  test("that does not touch the config starts only the search for conflicts", async () => {
    await push({ files: { "README.md": "Hello" }, deliver: false });
    const { status, body } = await push({ files: { "README.md": "Hello, world" } });
    expect({ status, body: JSON.parse(body) }).toEqual({
      status: 202,
      body: { execution: expect.stringMatching(/^watch-pulls-/) },
    });
    expect(await ended()).toEqual([]);
  });

  test("that goes to another branch syncs no schedules", async () => {
    await push({ files: { "README.md": "Hello" } });
    const { status } = await pushConfig(job("nightly"), { branch: "fix", from: "main" });
    expect(status).toBe(202);
    await settled();
    expect(jobs()).toEqual([]);
  });
});

test("more faults than GitHub accepts at once are all annotated once, even if the delivery is processed again", async () => {
  const faulty = Array.from({ length: 60 }, (_, index) => `unknown_${index} = 1`).join("\n");
  const { sha, payload } = await pushConfig(`${faulty}\n[sandbox]\nsize = 1\ndocker = 1\n`);
  await settled();
  const { annotations } = checkRun(sha);
  expect(annotations.length).toBeGreaterThan(50);
  await world.gitHub.deliver("push", payload);
  await settled();
  expect(checkRun(sha).annotations).toEqual(annotations);
});

describe("a config path that is not a readable file", () => {
  const content = (type: string) => ({ type, name: "config.toml", path, sha: "0".repeat(40), size: 0 });
  test.each([
    ["a directory", [content("file")], "directory"],
    ["a broken link", { ...content("symlink"), target: "../nowhere" }, "symlink"],
    ["a submodule", { ...content("submodule"), submodule_git_url: "git://example.com/x.git" }, "submodule"],
    ["a file above 1 MB", { ...content("file"), encoding: "none", content: "" }, "1 MB"],
  ])("%s is a fault", async (_, body, word) => {
    world.gitHub.http.fail({ path: /\/contents\//, status: 200, body, times: Number.POSITIVE_INFINITY });
    const { sha } = await pushConfig(job("nightly"));
    await settled();
    expect(checkRun(sha).annotations).toMatchObject([
      { start_line: 1, message: expect.stringContaining(word) },
    ]);
    expect(jobs()).toEqual([]);
  });

  test("a file above 100 MB, which GitHub refuses, is also a fault", async () => {
    const body = {
      message: "This API returns blobs up to 100 MB in size.",
      errors: [{ resource: "Blob", field: "data", code: "too_large" }],
    };
    world.gitHub.http.fail({ path: /\/contents\//, status: 403, body, times: Number.POSITIVE_INFINITY });
    const { sha } = await pushConfig(job("nightly"));
    await settled();
    expect(checkRun(sha).annotations).toMatchObject([{ message: expect.stringContaining("1 MB") }]);
  });
});

describe("pushes out of order", () => {
  test.each(["in order", "the newer one first", "both at once"])(
    "result in the head's config: %s",
    async (order) => {
      const older = await pushConfig(job("older"), { deliver: false });
      const newer = await pushConfig(job("newer"), { deliver: false });
      const [first, second] = order === "the newer one first" ? [newer, older] : [older, newer];
      const sending = world.gitHub.send(first);
      if (order !== "both at once") {
        await sending;
        await world.idle();
      }
      await Promise.all([sending, world.gitHub.send(second)]);
      await settled();
      expect(jobs()).toEqual(["newer"]);
      expect(checkRun(older.sha).output.summary).toContain("`older`");
      expect(checkRun(newer.sha).output.summary).toContain("`newer`");
    },
  );

  test("a push whose job was removed in the meantime does not restore the schedule", async () => {
    const added = await pushConfig(job("nightly"), { deliver: false });
    const removed = await removeConfig({ deliver: false });
    await world.gitHub.send(removed);
    await world.idle();
    await world.gitHub.send(added);
    await settled();
    expect(jobs()).toEqual([]);
  });

  test("a push that is delivered twice runs once", async () => {
    const { guid } = await pushConfig(job("nightly"));
    const again = await world.gitHub.redeliver(guid);
    expect(again.status).toBe(200);
    await settled();
    expect(await ended()).toHaveLength(1);
  });

  test("concurrent pushes do not mix, and create one check run each", async () => {
    const pushes = [];
    for (let index = 0; index < 3; index++) {
      pushes.push(
        await pushConfig(job(`job-${index}`) + job("common", `0 ${index} 1 1 *`), { deliver: false }),
      );
    }
    const again = pushes.map(({ payload }) => world.gitHub.deliver("push", payload));
    await Promise.all([...pushes.map((one) => world.gitHub.send(one)), ...again]);
    await settled();
    expect(schedules()).toEqual({ common: "cron(0 2 1 1 ? *)", "job-2": "cron(0 5 1 1 ? *)" });
    for (const { sha } of pushes) expect(checkRun(sha).conclusion).toBe("success");
  });

  test("a commit that GitHub does not show yet is waited for", async () => {
    const first = await pushConfig(job("first"));
    await settled();
    world.gitHub.http.fail({ path: /\/commits\/heads%2Fmain$/, status: 200, body: first.sha, times: 2 });
    const unseen = { status: 404, body: { message: "No commit found for the ref" } };
    world.gitHub.http.fail({ path: /\/contents\//, ...unseen });
    world.gitHub.http.fail({
      path: /\/commits\/[0-9a-f]{40}$/,
      status: 422,
      body: { message: "No commit found" },
    });
    const { sha } = await pushConfig(job("second"));
    await settled();
    expect(jobs()).toEqual(["second"]);
    expect(checkRun(sha).output.summary).toContain("`second`");
  });
});

describe("a push that may have touched the config", () => {
  test("because it is forced applies the branch's current config", async () => {
    const { sha } = await push({ files: { "README.md": "Hello" } });
    await pushConfig(job("nightly"));
    await settled();
    const reset = await push({ forced: true, from: sha, commits: [] });
    expect(reset.status).toBe(202);
    await settled();
    expect(jobs()).toEqual([]);
    // The commit never had a config, so it gets no check run.
    expect(checkRuns(sha)).toEqual([]);
  });

  test("because it resets the branch applies the old config, even if the previous push is delivered last", async () => {
    const first = await pushConfig(job("first"));
    const second = await pushConfig(job("second"), { deliver: false });
    await push({ forced: true, from: first.sha, commits: [] });
    await settled();
    expect(jobs()).toEqual(["first"]);
    await world.gitHub.send(second);
    await settled();
    expect(jobs()).toEqual(["first"]);
    expect(checkRun(second.sha).output.summary).toContain("`second`");
  });

  test("because it has more commits than GitHub lists is checked", async () => {
    await push({ files: { "README.md": "Hello" } });
    const commits = Array.from({ length: 2049 }, () => ({}));
    const { sha } = await push({
      files: { [path]: job("nightly") },
      commits: [{ added: [path] }, ...commits],
    });
    await settled();
    expect(jobs()).toEqual(["nightly"]);
    expect(checkRun(sha).conclusion).toBe("success");
  });

  test("because it creates the default branch writes nothing in a repository without a config", async () => {
    const { status, sha } = await push({
      files: { "README.md": "Hello" },
      commits: [{ added: ["README.md"] }],
    });
    expect(status).toBe(202);
    await settled();
    expect([jobs(), checkRuns(sha)]).toEqual([[], []]);
  });
});

describe("a pull request", () => {
  beforeEach(async () => {
    await push({ files: { "README.md": "Hello", [path]: job("nightly") } });
    await settled();
  });

  /** A pull request of a branch with these files. */
  async function propose(files: Record<string, string>, more: Partial<NewPush> = {}) {
    const { sha } = await push({ branch: "fix", from: "main", files, ...more });
    const { pull } = await world.gitHub.openPull({ repo, by: "mona", head: "fix", headSha: sha });
    return { sha, pull };
  }

  test("that changes the config gets its check before it is merged, and no schedule", async () => {
    const good = await propose({ [path]: job("weekly") });
    await settled();
    expect(checkRun(good.sha)).toMatchObject({ conclusion: "success" });
    expect(jobs()).toEqual(["nightly"]);

    const { sha } = await push({ branch: "fix", files: { [path]: invalid } });
    await world.gitHub.pushToPull(good.pull, { by: "mona", sha });
    await settled();
    expect(checkRun(sha)).toMatchObject({ conclusion: "failure" });
    expect(jobs()).toEqual(["nightly"]);
  });

  test("that removes the config gets a check run that explains the effect", async () => {
    const { sha } = await propose({}, { commits: [{ removed: [path] }] });
    await settled();
    expect(checkRun(sha).conclusion).toBe("neutral");
  });

  test("from a fork gets its check in the target repository", async () => {
    const fork = `tim/app-${installation}`;
    addRepository(fork, null).forkOf = world.gitHub.repositories.get(repo);
    const head = world.gitHub.contents.resolve(world.gitHub.repositories.get(repo), "main") ?? "";
    const { sha } = await world.gitHub.push({
      repo: fork,
      by: "tim",
      branch: "fix",
      from: head,
      files: { [path]: invalid },
    });
    await world.gitHub.openPull({ repo, by: "tim", head: { repo: fork, branch: "fix" }, headSha: sha });
    await settled();
    expect(checkRun(sha)).toMatchObject({
      conclusion: "failure",
      repo: expect.objectContaining({ id: repositoryId }),
    });
  });

  test("that does not change the config, or has restored it, gets no check", async () => {
    const { sha, pull } = await propose({ "README.md": "Hello, world" });
    await settled();
    const changed = await push({ branch: "fix", files: { [path]: job("weekly") } });
    await world.gitHub.pushToPull(pull, { by: "mona", sha: changed.sha });
    await settled();
    const back = await push({ branch: "fix", files: { [path]: job("nightly") } });
    await world.gitHub.pushToPull(pull, { by: "mona", sha: back.sha });
    await settled();
    expect([sha, changed.sha, back.sha].map((one) => checkRuns(one).length)).toEqual([0, 1, 0]);
  });

  test("with more files than one page is checked completely", async () => {
    const many = Object.fromEntries(Array.from({ length: 250 }, (_, index) => [`.a/${index}`, "x"]));
    const { sha } = await propose({ ...many, [path]: job("weekly") });
    await settled();
    expect(checkRun(sha).conclusion).toBe("success");
  });

  test("with more files than GitHub lists may change the config, and is checked", async () => {
    const many = Object.fromEntries(Array.from({ length: 3000 }, (_, index) => [`.a/${index}`, "x"]));
    const { sha } = await propose({ ...many, [path]: job("weekly") });
    await settled();
    expect(checkRun(sha).conclusion).toBe("success");
  });

  test.each([
    ["that does not change the config, with many files sorted before it", ".a"],
    ["that does not change the config, with many files sorted after it", "z"],
  ])("%s costs at most three requests, and gets no check", async (_, folder) => {
    const files = (text: string) =>
      Object.fromEntries(Array.from({ length: 3000 }, (__, index) => [`${folder}/${index}`, text]));
    const { pull } = await propose(files("x"));
    await settled();
    const { sha } = await push({ branch: "fix", files: files("y") });
    const before = world.gitHub.http.calls.length;
    await world.gitHub.pushToPull(pull, { by: "mona", sha });
    await settled();
    expect(world.gitHub.http.calls.slice(before).length).toBeLessThanOrEqual(3);
    expect(checkRuns(sha)).toEqual([]);
  });

  test("whose files GitHub cannot list may change the config", async () => {
    world.gitHub.http.fail({
      path: /\/pulls\/\d+\/files$/,
      status: 422,
      body: {
        message:
          "Sorry, there was a problem generating this diff. The repository may be missing relevant data.",
      },
    });
    const { sha } = await propose({ "README.md": "Hi" });
    await settled();
    expect(checkRun(sha).conclusion).toBe("success");
  });

  test("whose newest commit GitHub does not show yet is waited for, unless a newer commit arrives", async () => {
    const { pull } = await propose({ [path]: job("weekly") });
    await settled();
    const next = await push({ branch: "fix", files: { [path]: job("monthly") } });
    const stale = world.gitHub.pulls.shown.json(world.gitHub.pulls.get(pull));
    world.gitHub.http.fail({
      path: /\/pulls\/\d+$/,
      status: 200,
      body: { ...stale, updated_at: "2001-01-01T00:00:00Z" },
    });
    const told = await world.gitHub.pushToPull(pull, { by: "mona", sha: next.sha });
    await settled();
    expect(checkRun(next.sha).conclusion).toBe("success");

    const last = await push({ branch: "fix", files: { [path]: job("yearly") } });
    await world.gitHub.pushToPull(pull, { by: "mona", sha: last.sha });
    await settled();
    world.gitHub.checkRuns.all.length = 0;
    await world.gitHub.deliver("pull_request", told.payload);
    await settled();
    expect(checkRuns(next.sha)).toEqual([]);
  });
});

describe("the App", () => {
  test("that is removed from a repository loses the schedules; adding it again restores them", async () => {
    const other = addRepository(`octo/other-${installation}`);
    await pushConfig(job("nightly"));
    await pushConfig(job("other"), { repo: other });
    await settled();
    await world.gitHub.installations.remove(installation, [repo], { by: "mona" });
    await settled();
    expect([jobs(), jobs(other.id)]).toEqual([[], ["other"]]);
    await world.gitHub.installations.add(installation, [repo], { by: "mona" });
    await settled();
    expect([jobs(), jobs(other.id)]).toEqual([["nightly"], ["other"]]);
  });

  test("that is uninstalled loses all schedules of the installation, and no others", async () => {
    const second = addRepository(`octo/second-${installation}`);
    const theirs = addRepository(`acme/app-${installation}`, 77);
    await pushConfig(job("first"));
    await pushConfig(job("second"), { repo: second });
    await pushConfig(job("theirs"), { repo: theirs });
    await settled();
    expect([jobs(), jobs(second.id)]).toEqual([["first"], ["second"]]);
    await world.gitHub.installations.uninstall(installation, { by: "mona" });
    await settled();
    expect([jobs(), jobs(second.id), jobs(theirs.id)]).toEqual([[], [], ["theirs"]]);
  });

  test("gets the schedules of all repositories except one whose schedule Scheduler refuses", async () => {
    const others = ["a", "b", "c"].map((name) => addRepository(`octo/${name}-${installation}`));
    for (const other of others) {
      await pushConfig(`${job("first")}${job("second")}`, { repo: other, deliver: false });
    }
    world.system.scheduler.server.fail({
      method: "POST",
      path: new RegExp(`${others[1]?.id}\\.first$`),
      status: 400,
      headers: { "x-amzn-errortype": "ValidationException" },
      body: { message: "Invalid Schedule Expression." },
      times: Number.POSITIVE_INFINITY,
    });
    await world.gitHub.installations.install(others, { by: "mona" });
    await settled();
    expect(others.map(({ id }) => jobs(id))).toEqual([["first", "second"], ["second"], ["first", "second"]]);
    expect(world.logs.some((line) => line.includes("Scheduler rejected a schedule"))).toBe(true);
  });

  test("fails if the stack may not create schedules: an operator fixes that and redrives the run", async () => {
    const repository = addRepository(`octo/denied-${installation}`);
    await pushConfig(job("first"), { repo: repository, deliver: false });
    world.system.scheduler.server.fail({
      method: "POST",
      path: new RegExp(`${repository.id}\\.first$`),
      status: 403,
      headers: { "x-amzn-errortype": "AccessDeniedException" },
      body: { message: "User is not authorized to perform: scheduler:CreateSchedule" },
    });
    await world.gitHub.installations.install([repository], { by: "mona" });
    const failed = (await world.idle()).filter(({ status }) => status === "FAILED");
    expect(failed.map(({ error }) => error)).toEqual(["AccessDeniedException"]);
    expect(jobs(repository.id)).toEqual([]);
    world.system.engine.redrive(failed[0]?.executionArn ?? "");
    await settled();
    expect(jobs(repository.id)).toEqual(["first"]);
  });

  test("that is installed creates the schedules of repositories that already have a config", async () => {
    const all = Array.from({ length: 35 }, (_, index) =>
      addRepository(`acme/app-${installation}-${index}`, null),
    );
    const configured = [0, 31, 34].flatMap((index) => all[index] ?? []);
    for (const one of configured) await pushConfig(job(one.name), { repo: one });
    await world.gitHub.installations.install(all, { by: "mona" });
    await settled();
    for (const one of all) expect(jobs(one.id)).toEqual(configured.includes(one) ? [one.name] : []);
  });

  test("that is suspended has no schedule; pushes in the meantime apply when it is unsuspended", async () => {
    await pushConfig(job("before"));
    await settled();
    await world.gitHub.installations.suspend(installation, { by: "mona" });
    await settled();
    expect(jobs()).toEqual([]);
    await pushConfig(job("meanwhile"), { deliver: false });
    await world.gitHub.installations.unsuspend(installation, { by: "mona" });
    await settled();
    expect(jobs()).toEqual(["meanwhile"]);
  });

  test.each(["is delivered last", "is delivered at the same time"])(
    "that is added again keeps the schedules, even if the removal %s",
    async (when) => {
      await pushConfig(job("nightly"));
      await settled();
      const removed = await world.gitHub.installations.remove(installation, [repo], {
        by: "mona",
        deliver: false,
      });
      const added = await world.gitHub.installations.add(installation, [repo], {
        by: "mona",
        deliver: false,
      });
      const sending = world.gitHub.send(added);
      if (when === "is told last") {
        await sending;
        await settled();
      }
      await Promise.all([sending, world.gitHub.send(removed)]);
      await settled();
      expect(jobs()).toEqual(["nightly"]);
    },
  );

  test("that is installed again posts through the new installation, even if the old one's end is delivered last", async () => {
    await pushConfig(job("nightly"));
    await settled();
    const removed = await world.gitHub.installations.uninstall(installation, { by: "mona", deliver: false });
    await world.gitHub.installations.install([repo], { by: "mona" });
    await settled();
    await world.gitHub.send(removed);
    await settled();
    const { installationId } = world.gitHub.repositories.get(repo);
    expect(installationId).not.toBe(installation);
    const inputs = schedulesOf().map(({ definition }) => definition.Target.Input);
    expect(inputs).toEqual([expect.stringContaining(`"installation":${installationId}`)]);
  });

  test("keeps the schedules of a renamed repository, under its new name from the next delivery on", async () => {
    await pushConfig(job("nightly"));
    await settled();
    const [before] = schedulesOf();
    // Delivered before the rename, and again after it.
    const { payload } = await pushConfig(`${job("nightly")}# changed\n`, { deliver: false });
    world.gitHub.repositories.rename(repo, `renamed-${installation}`);
    await world.gitHub.deliver("push", payload);
    await settled();
    const [after, ...others] = schedulesOf();
    expect(others).toEqual([]);
    expect(after?.name).toBe(before?.name);
    expect(after?.definition.Target.Input).toContain(`"name":"renamed-${installation}"`);
  });
});

describe("the outcome is the same", () => {
  const gitHubFaults: [string, Parameters<typeof world.gitHub.http.fail>[0]][] = [
    ["GitHub answers 502 to every third call", { status: 502, every: 3, times: Number.POSITIVE_INFINITY }],
    ["the answer to a new check run is lost", { method: "POST", path: /\/check-runs$/, lose: "response" }],
    ["the request for a check run is lost", { method: "POST", path: /\/check-runs$/, lose: "request" }],
    ["the check run gets a 500", { method: "POST", path: /\/check-runs$/, status: 500, times: 3 }],
    ["the file cannot be read at first", { path: /\/contents\//, status: 503, times: 4 }],
  ];
  test.each(gitHubFaults)("even if %s", async (_, fault) => {
    world.gitHub.http.fail(fault);
    await oneLife();
  });

  const schedulerFaults: [string, Parameters<typeof world.gitHub.http.fail>[0]][] = [
    [
      "Scheduler answers 500 to every second call",
      { status: 500, every: 2, times: Number.POSITIVE_INFINITY },
    ],
    ["the answer to a new schedule is lost", { method: "POST", lose: "response" }],
    ["the answer to a removal is lost", { method: "DELETE", lose: "response" }],
    [
      "Scheduler throttles",
      { status: 429, headers: { "x-amzn-errortype": "ThrottlingException" }, times: 5 },
    ],
  ];
  test.each(schedulerFaults)("even if %s", async (_, fault) => {
    world.system.scheduler.server.fail(fault);
    await oneLife();
  });

  async function oneLife(): Promise<void> {
    const added = await pushConfig(job("first") + job("second"));
    await settled();
    expect(jobs()).toEqual(["first", "second"]);
    const broken = await pushConfig(invalid);
    await settled();
    expect(jobs()).toEqual(["first", "second"]);
    const removed = await removeConfig();
    await settled();
    expect(jobs()).toEqual([]);
    const conclusions = [added, broken, removed].map(({ sha }) => checkRun(sha).conclusion);
    expect(conclusions).toEqual(["success", "failure", "neutral"]);
  }
});

test("without the permission for check runs the schedules are still created, and the failed run tells the operator why", async () => {
  const body = { message: "Resource not accessible by integration" };
  world.gitHub.http.fail({ path: /\/check-runs$/, status: 403, body, times: Number.POSITIVE_INFINITY });
  const { sha } = await pushConfig(job("nightly"));
  const [run] = await ended();
  expect(run).toMatchObject({ status: "FAILED", error: "GitHubForbiddenError" });
  expect(run?.cause).toMatch(/check-runs.*permissions of docs\/github-app-setup\.md/);
  expect(jobs()).toEqual(["nightly"]);

  world.gitHub.http.faults.clear();
  world.system.engine.redrive(run?.executionArn ?? "");
  await until("the check run is there", () => checkRuns(sha).length === 1);
  await settled();
});
