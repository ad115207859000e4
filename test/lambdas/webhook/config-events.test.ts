import { describe, expect, test } from "@jest/globals";
import examples from "@octokit/webhooks-examples/api.github.com/index.json" with { type: "json" };
import { executionName } from "../../../lambdas/aws/start-execution.js";
import { namedRepositories } from "../../../lambdas/model/event-limits.js";
import { classify } from "../../../lambdas/webhook/classify.js";
import { PayloadError } from "../../../lambdas/webhook/parse-payload.js";

const delivery = "72d3162e-cc78-11e3-81ab-4c9367dc0958";
const path = ".code-factory/config.toml";

type Json = Record<string, unknown>;

/** GitHub's examples of an event, as an App receives them. */
function payloads(event: string): Json[] {
  const all = examples.find(({ name }) => name === event)?.examples as unknown[] as Json[];
  return structuredClone(all).map((payload) => ({ installation: { id: 7 }, ...payload }));
}

const settings = { agent: "nobody" };
const classified = (event: string, payload: unknown) => classify(event, delivery, payload, settings);

const sha = (digit: string) => digit.repeat(40);

/** A push to the default branch, based on GitHub's example. */
function push(changes: Json = {}, commit: Json = {}): Json {
  const [example = {}] = payloads("push");
  const id = sha("b");
  return {
    ...example,
    ref: "refs/heads/master",
    before: sha("a"),
    after: id,
    created: false,
    forced: false,
    commits: [{ id, added: [], modified: [], removed: [], ...commit }],
    ...changes,
  };
}

describe("a push", () => {
  test("whose pusher differs from the sender names both", () => {
    const payload = { ...push({}, { modified: [path] }), pusher: { name: "deploy key" } };
    expect(classified("push", payload)).toMatchObject({
      event: { sender: { login: "Codertocat" }, push: { pusher: "deploy key" } },
    });
  });

  test.each(["added", "modified"])("that has %s the config is an event with both commits", (how) => {
    expect(classified("push", push({}, { [how]: ["README.md", path] }))).toEqual({
      event: {
        type: "config_push",
        delivery,
        installation: 7,
        repository: {
          id: 186853002,
          owner: "Codertocat",
          ownerId: 21031067,
          name: "Hello-World",
          private: false,
        },
        sender: { id: 21031067, login: "Codertocat", type: "User" },
        at: "2019-05-15T15:20:57Z",
        push: { before: sha("a"), after: sha("b"), removed: false },
      },
      others: [expect.objectContaining({ type: "pulls_moved", moved: { branch: "master" } })],
    });
  });

  test("that has removed the config is marked as a removal", () => {
    const payload = push({}, { removed: [path] });
    expect(classified("push", payload)).toMatchObject({ event: { push: { removed: true } } });
  });

  test("counts if any of its commits touches the config, not only the last one", () => {
    const commits = [
      { id: sha("c"), added: [path], modified: [], removed: [] },
      { id: sha("b"), added: [], modified: ["README.md"], removed: [] },
    ];
    expect(classified("push", push({ commits }))).toHaveProperty("event");
  });

  test.each([
    [
      "leaves the config alone",
      "master",
      push({}, { modified: ["README.md", `docs/${path}`, `${path}.md`] }),
    ],
    ["is to another branch", "fix", push({ ref: "refs/heads/fix" }, { modified: [path] })],
    [
      "is to a branch whose name only ends like that of the default branch",
      "x/master",
      push({ ref: "refs/heads/x/master" }, { modified: [path] }),
    ],
  ])("that %s is an event only for the pull requests into the branch", (_, branch, payload) => {
    expect(classified("push", payload)).toEqual({
      event: expect.objectContaining({ type: "pulls_moved", moved: { branch } }),
    });
  });

  test.each([
    ["is to a tag", push({ ref: "refs/tags/master" }, { modified: [path] })],
    ["deletes the branch", push({ deleted: true, after: sha("0"), commits: [] })],
  ])("that %s is skipped", (_, payload) => {
    expect(classified("push", payload)).toMatchObject({ skipped: expect.stringMatching(/^the push /) });
  });

  const manyCommits = Array.from({ length: 2048 }, () => ({
    id: sha("b"),
    added: [],
    modified: [],
    removed: [],
  }));
  const manyFiles = Array.from({ length: 3000 }, (_, index) => `file-${index}`);
  test.each([
    ["is forced", push({ forced: true })],
    ["creates the branch", push({ created: true, before: sha("0") })],
    ["has as many commits as GitHub lists", push({ commits: manyCommits })],
    ["has a commit of as many files as GitHub lists", push({}, { added: manyFiles })],
    ["does not list its newest commit", push({ after: sha("d") })],
    ["lists no commit", push({ commits: [] })],
  ])("that %s may have touched the config", (_, payload) => {
    expect(classified("push", payload)).toMatchObject({
      event: { type: "config_push", push: { removed: false } },
    });
  });

  test("without a sender or a time is still an event, without a person", () => {
    const payload: Json = { ...push({}, { modified: [path] }), sender: undefined };
    payload.repository = { ...(payload.repository as Json), pushed_at: null };
    expect(classified("push", payload)).toMatchObject({
      event: { type: "config_push", sender: { login: "ghost" }, push: { pusher: expect.any(String) } },
    });
  });

  test("names its owner by login, or by name in old deliveries", () => {
    const payload = push({}, { added: [path] });
    payload.repository = { ...(payload.repository as Json), owner: { name: "octo", email: null } };
    expect(classified("push", payload)).toMatchObject({ event: { repository: { owner: "octo" } } });
  });

  test("with an invalid commit hash is refused without quoting it", () => {
    const payload = push({ after: "../../secret" });
    expect(() => classified("push", payload)).toThrow(PayloadError);
    expect(() => classified("push", payload)).not.toThrow(/secret/);
  });
});

describe("a pull request", () => {
  test.each(["opened", "reopened", "synchronize", "ready_for_review"])(
    "that was %s may propose a config",
    (action) => {
      const [example] = payloads("pull_request");
      expect(classified("pull_request", { ...example, action })).toMatchObject({
        event: {
          type: "config_proposed",
          pull: { number: 2, headSha: expect.stringMatching(/^[0-9a-f]{40}$/) },
          at: "2019-05-15T15:20:33Z",
        },
      });
    },
  );

  test("with many files names its base branch, because their list is not read", () => {
    const [example] = payloads("pull_request");
    const { pull_request } = example as { pull_request: Record<string, unknown> };
    const large = { ...example, action: "opened", pull_request: { ...pull_request, changed_files: 101 } };
    expect(classified("pull_request", large)).toMatchObject({ event: { pull: { onto: "master" } } });
    expect(classified("pull_request", { ...example, action: "opened" })).not.toHaveProperty(
      "event.pull.onto",
    );
  });

  test.each(["edited", "labeled"])("that was %s proposes no config", (action) => {
    const [example] = payloads("pull_request");
    expect(classified("pull_request", { ...example, action })).toHaveProperty("skipped");
  });

  test("by the agent may have a conflict with each new commit and each new base branch; others are ignored", () => {
    const [example] = payloads("pull_request");
    const of = (action: string, more: Json = {}) =>
      classify("pull_request", delivery, { ...example, action, ...more }, { agent: "Codertocat" });
    const moved = expect.objectContaining({ type: "pulls_moved", moved: { pull: 2 } });
    const changed = expect.objectContaining({ type: "pull_changed" });
    expect(of("synchronize")).toMatchObject({ event: { type: "config_proposed" }, others: [moved] });
    const base = { ref: { from: "next" } };
    expect(of("edited", { changes: { base } })).toMatchObject({ others: [changed, moved] });
    expect(classified("pull_request", { ...example, action: "synchronize" })).toMatchObject({ others: [] });
    const assigned = { ...(example?.pull_request as Json), assignees: [{ id: 9, login: "nobody" }] };
    expect(
      classified("pull_request", { ...example, action: "synchronize", pull_request: assigned }),
    ).toMatchObject({ others: [moved] });
  });

  test("by the agent is tracked for its task if it ends or may refer to another issue; others are not", () => {
    const [example] = payloads("pull_request");
    const of = (action: string, more: Json = {}) =>
      classify("pull_request", delivery, { ...example, action, ...more }, { agent: "Codertocat" });
    const changed = (action: string) => ({
      type: "pull_changed",
      action,
      at: "2019-05-15T15:20:33Z",
      subject: { kind: "pull", number: 2, url: "https://github.com/Codertocat/Hello-World/pull/2" },
    });
    for (const action of ["closed", "converted_to_draft"]) {
      expect(of(action)).toMatchObject({ event: changed(action) });
      expect(classified("pull_request", { ...example, action })).not.toMatchObject({
        event: changed(action),
      });
    }
    for (const action of ["opened", "reopened", "ready_for_review"]) {
      expect(of(action)).toMatchObject({ others: [changed(action), { type: "pulls_moved" }] });
    }
    for (const changes of [{ body: { from: "" } }, { title: { from: "" } }]) {
      expect(of("edited", { changes })).toMatchObject({ event: changed("edited") });
    }
    expect(of("edited", { changes: {} })).toHaveProperty("skipped");
  });

  test.each(
    payloads("pull_request")
      .filter(({ action }) => ["opened", "closed", "reopened", "ready_for_review"].includes(`${action}`))
      .map((payload) => [payload.action, payload] as const),
  )("that GitHub reported as %s is tracked, by its author", (action, payload) => {
    const { user, html_url: url } = payload.pull_request as { user: { login: string }; html_url: string };
    const classified = classify("pull_request", delivery, payload, { agent: user.login });
    const { event, others = [] } = classified as { event: unknown; others?: readonly unknown[] };
    expect([event, ...others]).toContainEqual(
      expect.objectContaining({ type: "pull_changed", action, subject: expect.objectContaining({ url }) }),
    );
  });

  test("that leaves a merge queue matters to the agent that works on it, if its checks failed there", () => {
    const [example = {}] = payloads("pull_request");
    const { head, base } = example.pull_request as { head: { sha: string }; base: { ref: string } };
    const left = (reason: string, agent = "Codertocat") =>
      classify("pull_request", delivery, { ...example, action: "dequeued", reason }, { agent });
    for (const reason of ["CI_FAILURE", "CI_TIMEOUT"]) {
      const pull = { number: 2, headSha: head.sha, baseBranch: base.ref };
      expect(left(reason)).toMatchObject({ event: { type: "pull_dequeued", reason, pull } });
      expect(left(reason, "somebody-else")).toHaveProperty("skipped");
    }
    for (const reason of ["MERGE", "MANUAL", "MERGE_CONFLICT"])
      expect(left(reason)).toHaveProperty("skipped");
  });

  test("from a deleted fork is accepted", () => {
    const [example = {}] = payloads("pull_request");
    const pull = example.pull_request as Json;
    const head = { ...(pull.head as Json), repo: null };
    const payload = { ...example, action: "opened", pull_request: { ...pull, head } };
    expect(classified("pull_request", payload)).toHaveProperty("event");
  });
});

describe("an installation", () => {
  const of = (event: string, action: string) => {
    const found = payloads(event).find((payload) => payload.action === action);
    if (!found) throw new Error(`no example of ${event}.${action}`);
    return found;
  };

  test.each([
    ["created", "repositories_added"],
    ["unsuspend", "repositories_added"],
    ["deleted", "repositories_removed"],
    ["suspend", "repositories_removed"],
  ])("that was %s stands for all its repositories: %s", (action, type) => {
    const payload = of("installation", action);
    const { id } = payload.installation as Json;
    expect(classified("installation", payload)).toEqual({
      event: {
        type,
        delivery,
        installation: id,
        account: expect.stringMatching(/\S/),
        accountId: expect.any(Number),
        sender: expect.objectContaining({ type: "User" }),
        repositories: null,
      },
    });
  });

  test("says which repositories were added to it, or removed, with their owner", () => {
    expect(classified("installation_repositories", of("installation_repositories", "added"))).toMatchObject({
      event: {
        type: "repositories_added",
        repositories: [{ id: 186853007, owner: "Codertocat", name: "Space", private: false }],
      },
    });
    expect(classified("installation_repositories", of("installation_repositories", "removed"))).toMatchObject(
      {
        event: { type: "repositories_removed", repositories: [{ id: 1296269, name: "Hello-World" }] },
      },
    );
  });

  test("with more repositories than fit into an execution's input stands for all of them", () => {
    const repositories = (count: number) =>
      Array.from({ length: count }, (_, index) => ({ id: index + 1, name: "n".repeat(100), private: false }));
    const payload = of("installation_repositories", "added");
    const longest = { ...(payload.installation as Json), account: { login: "o".repeat(100) } };
    const added = (count: number) =>
      classified("installation_repositories", {
        ...payload,
        installation: longest,
        repositories_added: repositories(count),
      });
    const most = added(namedRepositories);
    expect(JSON.stringify(most).length).toBeLessThan(200 * 1024);
    expect(most).toMatchObject({ event: { repositories: expect.any(Array) } });
    expect(added(namedRepositories + 1)).toMatchObject({ event: { repositories: null } });
  });

  test("that has accepted new permissions is skipped", () => {
    const payload = of("installation", "new_permissions_accepted");
    expect(classified("installation", payload)).toHaveProperty("skipped");
  });
});

test("an execution's name contains the beginning of the commit and the whole GUID", () => {
  const name = executionName("sync-repo-config", "a-repository-with-a-rather-long-name", "bbbbbbb", delivery);
  expect(name).toBe(`sync-repo-config-a-repository-with--bbbbbbb-${delivery}`);
  expect(name.length).toBeLessThanOrEqual(80);
});
