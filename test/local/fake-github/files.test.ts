import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { createAppAuth } from "@octokit/auth-app";
import { Octokit } from "@octokit/core";
import { FakeGitHub } from "../../../local/fake-github/fake-github.js";

let github: FakeGitHub;
/** A client that acts as the App's installation on `octo/app`. */
let octokit: Octokit;
const by = "mona";
const repo = "octo/app";
const inApp = { owner: "octo", repo: "app" };
const installationId = 50_000_001;

beforeEach(async () => {
  github = new FakeGitHub();
  await github.listen();
  github.addRepository({ owner: "octo", name: "app", id: 77 });
  octokit = client();
});
afterEach(() => github.close());

function client(installation = installationId): Octokit {
  return new Octokit({
    baseUrl: github.url,
    authStrategy: createAppAuth,
    auth: { appId: github.appId, privateKey: github.privateKey, installationId: installation },
    log: { debug() {}, info() {}, warn() {}, error() {} },
  });
}

/** The status of a refused call. */
async function refused(call: Promise<unknown>): Promise<number> {
  try {
    await call;
  } catch (error) {
    if (error instanceof Error && "status" in error) return Number(error.status);
    throw error;
  }
  throw new Error("it was not refused");
}

describe("commits", () => {
  const commit = (ref: string) =>
    octokit.request("GET /repos/{owner}/{repo}/commits/{ref}", {
      ...inApp,
      ref,
      headers: { accept: "application/vnd.github.sha" },
    });

  test("are found by branch and id; an empty repository has none", async () => {
    expect(await refused(commit("heads/main"))).toBe(409);
    const first = await github.push({ repo, by, files: { a: "1" } });
    const second = await github.push({ repo, by, files: { a: "2" } });
    expect((await commit("heads/main")).data).toBe(second.sha);
    expect((await commit(first.sha)).data).toBe(first.sha);
    expect(await refused(commit("0".repeat(40)))).toBe(422);
  });

  test("can be the start of a branch, and a branch can be reset to one", async () => {
    const first = await github.push({ repo, by, files: { a: "1" } });
    await github.push({ repo, by, files: { a: "2" } });
    const reset = await github.push({ repo, by, forced: true, from: first.sha, commits: [] });
    expect(reset).toMatchObject({ sha: first.sha, payload: { forced: true, after: first.sha, commits: [] } });
    const branched = await github.push({ repo, by, branch: "fix", from: "main", files: { b: "3" } });
    expect(github.contents.changes(github.repositories.get(repo), "main", branched.sha)).toEqual([
      { filename: "b", status: "added" },
    ]);
  });
});

test("a pull request lists its branch's changes since the merge base", async () => {
  await github.push({ repo, by, files: { kept: "1", edited: "1", gone: "1" } });
  const { sha } = await github.push({
    repo,
    by,
    branch: "fix",
    from: "main",
    files: { edited: "2", made: "2" },
    commits: [{ modified: ["edited"], added: ["made"], removed: ["gone"] }],
  });
  await github.push({ repo, by, files: { kept: "2" } });
  const { pull } = await github.openPull({ repo, by, head: "fix", headSha: sha });
  const { data } = await octokit.request("GET /repos/{owner}/{repo}/pulls/{pull_number}/files", {
    ...inApp,
    pull_number: pull.number,
  });
  expect(data.map(({ filename, status }) => `${status} ${filename}`)).toEqual([
    "modified edited",
    "removed gone",
    "added made",
  ]);
});

test("an update of a check run adds its annotations to the existing ones, 50 at a time", async () => {
  const { sha } = await github.push({ repo, by, files: { a: "1" } });
  const annotations = (count: number) =>
    Array.from({ length: count }, (_, index) => ({
      path: "a",
      start_line: index + 1,
      end_line: index + 1,
      annotation_level: "warning" as const,
      message: "Look",
    }));
  const output = { title: "Fine", summary: "All is well" };
  const create = (count: number) =>
    octokit.request("POST /repos/{owner}/{repo}/check-runs", {
      ...inApp,
      name: "relay",
      head_sha: sha,
      output: { ...output, annotations: annotations(count) },
    });
  expect(await refused(create(51))).toBe(422);
  const { data } = await create(50);
  const updated = await octokit.request("PATCH /repos/{owner}/{repo}/check-runs/{check_run_id}", {
    ...inApp,
    check_run_id: data.id,
    output: { ...output, annotations: annotations(3) },
  });
  expect(updated.data.output.annotations_count).toBe(53);
});

describe("an installation", () => {
  const whose = () => octokit.request("GET /repos/{owner}/{repo}/installation", inApp);
  const covered = () => octokit.request("GET /installation/repositories");

  test("lists its repositories, and its webhooks have no repository", async () => {
    expect((await covered()).data).toMatchObject({ total_count: 1, repositories: [{ id: 77 }] });
    const { payload, event } = await github.installations.remove(installationId, [repo], { by });
    expect(event).toBe("installation_repositories");
    expect(payload).toMatchObject({
      action: "removed",
      installation: { id: installationId, account: { login: "octo" } },
      repositories_added: [],
      repositories_removed: [{ id: 77, name: "app", full_name: "octo/app" }],
    });
    expect(payload).not.toHaveProperty("repository");
    expect(await refused(whose())).toBe(404);
  });

  test("that is suspended may do nothing until it is unsuspended", async () => {
    await covered();
    const { payload } = await github.installations.suspend(installationId, { by });
    expect(payload).toMatchObject({ action: "suspend", installation: { id: installationId } });
    expect(payload).not.toHaveProperty("repositories");
    expect(await refused(covered())).toBe(403);
    expect(await refused(client().request("GET /installation/repositories"))).toBe(403);
    expect((await whose()).data.suspended_at).toEqual(expect.any(String));
    await github.installations.unsuspend(installationId, { by });
    expect((await covered()).status).toBe(200);
  });

  test("that is removed loses its tokens; the next one has another id", async () => {
    await covered();
    const removed = await github.installations.uninstall(installationId, { by });
    expect(removed.payload).toMatchObject({ action: "deleted", repositories: [{ id: 77 }] });
    expect(await refused(client().request("GET /installation/repositories"))).toBe(404);
    const created = await github.installations.install([repo], { by });
    expect(created.payload).toMatchObject({ action: "created", repositories: [{ id: 77 }] });
    expect((await whose()).data.id).not.toBe(installationId);
  });
});

test("every request to a renamed repository is redirected", async () => {
  const { sha } = await github.push({ repo, by, files: { a: "1" } });
  github.repositories.rename(repo, "renamed");
  const { data } = await octokit.request("GET /repos/{owner}/{repo}", inApp);
  expect(data).toMatchObject({ id: 77, name: "renamed" });
  const made = await octokit.request("POST /repos/{owner}/{repo}/check-runs", {
    ...inApp,
    name: "relay",
    head_sha: sha,
  });
  expect(made.status).toBe(201);
});
