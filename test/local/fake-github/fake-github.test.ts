import { createSign, generateKeyPairSync } from "node:crypto";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { createAppAuth } from "@octokit/auth-app";
import { request as octokitRequest } from "@octokit/request";
import { verify } from "@octokit/webhooks-methods";
import { FakeGitHub } from "../../../local/fake-github/fake-github.js";
import { HttpServer, type RecordedCall } from "../../../local/http/http-server.js";

let github: FakeGitHub;
let receiver: HttpServer;
let api: string;

beforeEach(async () => {
  receiver = new HttpServer().route("POST", "/hooks", () => ({ status: 202, body: "taken in" }));
  github = new FakeGitHub({ webhookUrl: `${await receiver.listen()}/hooks` });
  api = await github.listen();
  github.addRepository({
    owner: "octo",
    name: "app",
    id: 77,
    permissions: { mona: "write", tria: "triage" },
  });
});

afterEach(async () => {
  await github.close();
  await receiver.close();
});

const openIssue = async () =>
  (await github.openIssue({ repo: "octo/app", by: "mona", title: "It is broken", body: "Look." })).issue;

function appJwt({ iss = github.appId, exp = 540, key = github.privateKey } = {}): string {
  const now = Math.floor(Date.now() / 1000);
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const signed = `${part({ alg: "RS256", typ: "JWT" })}.${part({ iat: now - 30, exp: now + exp, iss })}`;
  return `${signed}.${createSign("RSA-SHA256").update(signed).sign(key, "base64url")}`;
}

async function token(): Promise<string> {
  const auth = createAppAuth({
    appId: github.appId,
    privateKey: github.privateKey,
    request: octokitRequest.defaults({ baseUrl: api }),
  });
  const installation = await call("GET", "/repos/octo/app/installation", { bearer: appJwt() });
  return (await auth({ type: "installation", installationId: installation.body.id })).token;
}

/** The fields of answers and payloads that the tests read, some of them lists. */
interface Body extends ReadonlyArray<Body> {
  action: string;
  body: string;
  content: string;
  errors: unknown[];
  guid: string;
  id: number;
  jobs: Body[];
  message: string;
  pull_request: object;
  reactions: object;
  sha: string;
  steps: unknown[];
  token: string;
  total_count: number;
  url: string;
}

interface Answer {
  status: number;
  headers: Headers;
  text: string;
  body: Body;
}

async function call(
  method: string,
  path: string,
  { bearer = "", body, accept }: { bearer?: string; body?: unknown; accept?: string } = {},
): Promise<Answer> {
  const response = await fetch(path.startsWith("http") ? path : `${api}${path}`, {
    method,
    headers: {
      ...(bearer === "" ? {} : { authorization: `Bearer ${bearer}` }),
      ...(accept === undefined ? {} : { accept }),
    },
    redirect: "manual",
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  const isJson = response.headers.get("content-type")?.startsWith("application/json") ?? false;
  return {
    status: response.status,
    headers: response.headers,
    text,
    body: isJson ? JSON.parse(text) : undefined,
  };
}

const payloadOf = (received: RecordedCall | undefined) => received?.body as Body;

describe("the App's identity", () => {
  test("Octokit's App authentication gets a token that the API accepts", async () => {
    const bearer = await token();
    expect(bearer).toMatch(/^ghs_/);
    const answer = await call("GET", "/repos/octo/app", { bearer });
    expect(answer.body).toMatchObject({ id: 77, full_name: "octo/app", owner: { login: "octo" } });
    expect(answer.body.url).toBe(`${api}/repos/octo/app`);
  });

  test.each([
    ["another key", () => appJwt({ key: otherKey() })],
    ["another App", () => appJwt({ iss: "999" })],
    ["the past", () => appJwt({ exp: -1 })],
    ["too long a lifetime", () => appJwt({ exp: 700 })],
    ["nobody", () => ""],
  ])("a JWT of %s is refused", async (_, bearer) => {
    expect((await call("GET", "/app", { bearer: bearer() })).status).toBe(401);
  });

  test("a call without a live token is refused", async () => {
    const bearer = await token();
    github.auth.expireTokens();
    for (const used of ["", "ghs_wrong", bearer, appJwt()]) {
      const answer = await call("GET", "/repos/octo/app", { bearer: used });
      expect(answer).toMatchObject({ status: 401, body: { message: "Bad credentials", status: "401" } });
    }
  });

  test("other owners' private repositories are hidden, public ones cannot be changed", async () => {
    const bearer = await token();
    github.addRepository({ owner: "else", name: "secret", private: true, installationId: null });
    github.addRepository({ owner: "else", name: "open", installationId: 4 });
    const { issue } = await github.openIssue({ repo: "else/open", by: "mona", title: "?" });
    expect((await call("GET", "/repos/else/secret", { bearer })).status).toBe(404);
    expect((await call("GET", "/repos/else/open/issues/1", { bearer })).status).toBe(200);
    const path = `/repos/else/open/issues/${issue.number}/comments`;
    expect((await call("POST", path, { bearer, body: { body: "x" } })).status).toBe(403);
  });

  test("a token with fewer permissions is refused more", async () => {
    const made = await call("POST", "/app/installations/50000001/access_tokens", {
      bearer: appJwt(),
      body: { permissions: { issues: "read" } },
    });
    const bearer = made.body.token;
    await openIssue();
    expect((await call("GET", "/repos/octo/app/issues/1", { bearer })).status).toBe(200);
    const path = "/repos/octo/app/issues/1/comments";
    expect((await call("POST", path, { bearer, body: { body: "x" } })).status).toBe(403);
    expect((await call("GET", "/repos/octo/app/pulls", { bearer })).status).toBe(403);
  });

  test("a user's permission has its old and its new name", async () => {
    const bearer = await token();
    const of = (login: string) =>
      call("GET", `/repos/octo/app/collaborators/${encodeURIComponent(login)}/permission`, { bearer });
    github.addUser({ login: "stranger" });
    expect((await of("MONA")).body).toMatchObject({ permission: "write", user: { login: "mona" } });
    expect((await of("tria")).body).toMatchObject({ permission: "read", role_name: "triage" });
    expect((await of("stranger")).body).toMatchObject({ permission: "read" });
    expect((await of(github.botLogin)).body).toMatchObject({ permission: "none" });
    expect((await of("nobody")).status).toBe(404);
  });
});

describe("webhooks", () => {
  test("an assignment reaches the receiver, signed and in GitHub's shape", async () => {
    const issue = await openIssue();
    const delivery = await github.assign(issue, { by: "mona", assignee: github.agentLogin });
    expect(delivery).toMatchObject({ event: "issues", action: "assigned", status: 202, body: "taken in" });
    const received = receiver.calls[1];
    expect(received?.headers).toMatchObject({
      "x-github-event": "issues",
      "x-github-delivery": delivery.guid,
      "x-github-hook-installation-target-id": github.appId,
      "x-github-hook-installation-target-type": "integration",
      "content-type": "application/json",
    });
    const signature = `${received?.headers["x-hub-signature-256"]}`;
    expect(await verify(github.webhookSecret, delivery.raw, signature)).toBe(true);
    expect(payloadOf(received)).toMatchObject({
      action: "assigned",
      assignee: { login: "coder-agent", type: "User" },
      issue: {
        number: 1,
        title: "It is broken",
        body: "Look.",
        state: "open",
        html_url: "https://github.com/octo/app/issues/1",
        user: { login: "mona" },
        assignees: [{ login: "coder-agent" }],
        updated_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
      },
      repository: { id: 77, full_name: "octo/app", private: false, default_branch: "main" },
      sender: { login: "mona", type: "User" },
      organization: { login: "octo" },
      installation: { id: 50_000_001, node_id: expect.any(String) },
    });
    expect(JSON.stringify(received?.body)).not.toContain("Codertocat");
  });

  test("each action on an issue changes the state and sends a webhook", async () => {
    const bearer = await token();
    const issue = await openIssue();
    const by = "mona";
    await github.assign(issue, { by, assignee: "mona" });
    await github.unassign(issue, { by, assignee: "mona" });
    await github.editIssue(issue, { by, title: "It works" });
    await github.closeIssue(issue, { by });
    expect((await call("GET", "/repos/octo/app/issues/1", { bearer })).body).toMatchObject({
      state: "closed",
      state_reason: "completed",
      closed_at: expect.any(String),
      assignee: null,
    });
    await github.reopenIssue(issue, { by });
    const told = receiver.calls.map((received) => payloadOf(received).action);
    expect(told).toEqual(["opened", "assigned", "unassigned", "edited", "closed", "reopened"]);
    await github.deleteIssue(issue, { by });
    expect((await call("GET", "/repos/octo/app/issues/1", { bearer })).status).toBe(410);
    expect((await call("GET", "/repos/octo/app/issues/2", { bearer })).status).toBe(404);
  });

  test("a transferred issue redirects to its new repository", async () => {
    const bearer = await token();
    github.addRepository({ owner: "octo", name: "other" });
    const [transferred, opened] = await github.transferIssue(await openIssue(), {
      by: "mona",
      to: "octo/other",
    });
    expect(transferred.payload).toMatchObject({ changes: { new_repository: { full_name: "octo/other" } } });
    expect(opened.payload).toMatchObject({ changes: { old_repository: { full_name: "octo/app" } } });
    const answer = await call("GET", "/repos/octo/app/issues/1", { bearer });
    expect(answer.status).toBe(301);
    const moved = await call("GET", answer.headers.get("location") ?? "", { bearer });
    expect(moved.body).toMatchObject({
      title: "It is broken",
      html_url: "https://github.com/octo/other/issues/1",
    });
  });

  test("deliveries can be delayed, reordered and repeated", async () => {
    const held = await github.openIssue({ repo: "octo/app", by: "mona", title: "Held", deliver: false });
    await github.comment(held.issue, { by: "mona", body: "Already here" });
    expect(held.status).toBeUndefined();
    await github.send(held);
    await github.send(held);
    const guids = receiver.calls.map((received) => received.headers["x-github-delivery"]);
    expect(receiver.calls.map((received) => received.headers["x-github-event"])).toEqual([
      "issue_comment",
      "issues",
      "issues",
    ]);
    expect(guids[1]).toBe(guids[2]);
  });

  test("a failed delivery is listed and redelivered only on demand", async () => {
    receiver.fail({ status: 503, body: "down" });
    const { guid, status } = await github.openIssue({ repo: "octo/app", by: "mona", title: "One" });
    expect(status).toBe(503);
    await openIssue();
    const bearer = appJwt();
    const first = await call("GET", "/app/hook/deliveries?per_page=1", { bearer });
    expect(first.body).toMatchObject([
      { event: "issues", status: "OK", status_code: 202, repository_id: 77 },
    ]);
    const next = /<([^>]+)>; rel="next"/.exec(first.headers.get("link") ?? "")?.[1] ?? "";
    const [failed] = (await call("GET", next, { bearer })).body;
    expect(failed).toMatchObject({ guid, status_code: 503, redelivery: false, action: "opened" });
    // JSON.parse rounds the ids, as it does with the real GitHub's, which doesn't know such a delivery.
    const rounded = await call("POST", `/app/hook/deliveries/${failed?.id}/attempts`, { bearer });
    expect(rounded.status).toBe(404);
    const text = await (await fetch(next, { headers: { authorization: `Bearer ${bearer}` } })).text();
    const id = /"id":(\d{19}),/.exec(text)?.[1];
    const path = `/app/hook/deliveries/${id}/attempts`;
    expect((await call("POST", path, { bearer })).status).toBe(202);
    await github.settled();
    const [last] = (await call("GET", "/app/hook/deliveries", { bearer })).body;
    expect(last).toMatchObject({ guid, redelivery: true, status: "OK" });
    expect(receiver.calls.at(-1)?.body).toEqual(receiver.calls[0]?.body);
  });

  test("a ping is sent, and an unreachable receiver is a failed delivery", async () => {
    expect(await github.ping()).toMatchObject({ event: "ping", status: 202 });
    github.webhookUrl = "http://127.0.0.1:1/hooks";
    expect(await github.ping()).toMatchObject({
      status: 0,
      body: expect.stringContaining("failed to connect"),
    });
  });

  test("closing aborts a delivery in progress", async () => {
    receiver.fail({ delayMs: 5_000 });
    const opening = openIssue();
    await github.close();
    await opening;
    expect(github.deliveries[0]?.status).toBe(0);
  });
});

describe("comments", () => {
  test("the App's own comments name the App and are reported by webhooks", async () => {
    const bearer = await token();
    await openIssue();
    const list = "/repos/octo/app/issues/1/comments";
    const made = await call("POST", list, { bearer, body: { body: "Working on it" } });
    expect(made.status).toBe(201);
    expect(made.body).toMatchObject({
      user: { login: "coder-task-relay[bot]", type: "Bot" },
      performed_via_github_app: { id: 12345, slug: "coder-task-relay" },
      html_url: `https://github.com/octo/app/issues/1#issuecomment-${made.body.id}`,
    });
    const one = `/repos/octo/app/issues/comments/${made.body.id}`;
    await call("PATCH", one, { bearer, body: { body: "Done" } });
    expect((await call("GET", one, { bearer })).body.body).toBe("Done");
    expect((await call("DELETE", one, { bearer })).status).toBe(204);
    expect((await call("GET", one, { bearer })).status).toBe(404);
    await github.settled();
    const echoes = receiver.calls.slice(1).map(payloadOf);
    expect(echoes.map((payload) => payload.action)).toEqual(["created", "edited", "deleted"]);
    expect(echoes[1]).toMatchObject({
      changes: { body: { from: "Working on it" } },
      sender: { type: "Bot" },
    });
  });

  test("comments are listed in pages", async () => {
    const bearer = await token();
    const issue = await openIssue();
    for (let i = 0; i < 31; i++) await github.comment(issue, { by: "mona", body: `${i}`, deliver: false });
    const first = await call("GET", "/repos/octo/app/issues/1/comments", { bearer });
    expect(first.body).toHaveLength(30);
    const next = /<([^>]+)>; rel="next"/.exec(first.headers.get("link") ?? "")?.[1] ?? "";
    expect((await call("GET", next, { bearer })).body).toMatchObject([{ body: "30" }]);
    const all = await call("GET", "/repos/octo/app/issues/1/comments?per_page=500", { bearer });
    expect(all.body).toHaveLength(31);
  });

  test("bodies are limited in characters, not in bytes", async () => {
    const bearer = await token();
    await openIssue();
    const post = (body: unknown) =>
      call("POST", "/repos/octo/app/issues/1/comments", { bearer, body: { body } });
    expect((await post("🙂".repeat(65_536))).status).toBe(201);
    const refused = await post("x".repeat(65_537));
    expect(refused).toMatchObject({ status: 422, body: { message: "Validation Failed" } });
    expect((await post(" ")).status).toBe(422);
  });

  test("a repeated reaction is not new", async () => {
    const bearer = await token();
    const { comment } = await github.comment(await openIssue(), { by: "mona", body: "Please" });
    const path = `/repos/octo/app/issues/comments/${comment.id}/reactions`;
    const react = (content: string) => call("POST", path, { bearer, body: { content } });
    expect((await react("eyes")).status).toBe(201);
    expect((await react("eyes")).status).toBe(200);
    expect((await react("nose")).status).toBe(422);
    const shown = await call("GET", `/repos/octo/app/issues/comments/${comment.id}`, { bearer });
    expect(shown.body.reactions).toMatchObject({ eyes: 1, total_count: 1 });
  });

  test("calls can hit a secondary rate limit", async () => {
    const bearer = await token();
    await openIssue();
    github.limitRate({ method: "POST", path: /comments$/ });
    const post = () => call("POST", "/repos/octo/app/issues/1/comments", { bearer, body: { body: "x" } });
    const limited = await post();
    expect(limited.status).toBe(403);
    expect(limited.headers.get("retry-after")).toBe("1");
    expect((await post()).status).toBe(201);
  });
});

describe("what may not be changed", () => {
  const say = async (path: string, body: object, method = "POST") => {
    const answer = await call(method, `/repos/octo/app${path}`, { bearer: await token(), body });
    return [answer.status, answer.body.message];
  };

  test("a locked conversation refuses the App's comments and reactions", async () => {
    const issue = await openIssue();
    const { comment } = await github.comment(issue, { by: "mona", body: "Hello" });
    issue.locked = true;
    const locked = "Unable to create comment because issue is locked.";
    expect(await say("/issues/1/comments", { body: "Hello" })).toEqual([403, locked]);
    const reactions = `/issues/comments/${comment.id}/reactions`;
    expect(await say(reactions, { content: "eyes" })).toMatchObject([403, expect.any(String)]);
  });

  test("an archived repository can only be read; one with issues turned off has no issues", async () => {
    await openIssue();
    const repo = github.repositories.get("octo/app");
    repo.archived = true;
    expect(await say("/issues", { title: "New" })).toEqual([403, "Repository was archived so is read-only."]);
    expect((await call("GET", "/repos/octo/app/issues/1", { bearer: await token() })).status).toBe(200);
    repo.archived = false;
    repo.hasIssues = false;
    const disabled = [410, "Issues are disabled for this repo"];
    expect(await say("/issues", { title: "New" })).toEqual(disabled);
    expect(await say("/issues/1/comments", { body: "Hello" })).toEqual(disabled);
    repo.hasIssues = true;
  });

  test("a blocked repository refuses every request", async () => {
    const repo = github.repositories.get("octo/app");
    repo.blocked = 451;
    const answer = await call("GET", "/repos/octo/app", { bearer: await token() });
    expect(answer).toMatchObject({
      status: 451,
      body: { message: "Repository access blocked", block: { reason: "dmca" } },
    });
    repo.blocked = null;
  });
});

describe("pull requests", () => {
  const openPull = async (more = {}) => {
    const head = "coder/issue-1";
    const body = "Fixes #1, see #2";
    return (await github.openPull({ repo: "octo/app", by: "coder-agent", head, body, ...more })).pull;
  };

  const CLOSING = `query ($owner: String!, $repo: String!, $number: Int!) {
    repository(owner: $owner, name: $repo) { pullRequest(number: $number) {
      closingIssuesReferences(first: 10) { nodes { number repository { databaseId nameWithOwner } } } } } }`;

  test("a pull request is found by number, branch and commit, and is also an issue", async () => {
    const bearer = await token();
    const get = async (path: string) => (await call("GET", `/repos/octo/app${path}`, { bearer })).body;
    await openIssue();
    const pull = await openPull({ headSha: "a".repeat(40) });
    const [opened] = receiver.calls.slice(-1);
    expect(payloadOf(opened)).toMatchObject({
      action: "opened",
      number: 2,
      pull_request: {
        html_url: "https://github.com/octo/app/pull/2",
        head: { ref: "coder/issue-1", sha: "a".repeat(40), repo: { id: 77 } },
        base: { ref: "main" },
        user: { login: "coder-agent" },
      },
    });
    const pushed = await github.pushToPull(pull, { by: "coder-agent" });
    expect(pushed.payload).toMatchObject({ action: "synchronize", before: "a".repeat(40) });
    expect(await get("/pulls/2")).toMatchObject({
      number: 2,
      merged: false,
      head: { sha: pushed.payload.after },
    });
    expect(await get("/pulls?head=octo:coder/issue-1")).toMatchObject([{ number: 2 }]);
    expect(await get("/pulls?head=octo:other")).toEqual([]);
    expect(await get(`/commits/${"a".repeat(40)}/pulls`)).toMatchObject([{ number: 2 }]);
    expect(await get("/issues/2")).toMatchObject({ pull_request: { html_url: expect.any(String) } });
    const comment = await github.comment(pull, { by: "mona", body: "Nice" });
    expect(comment.payload).toMatchObject({
      issue: { number: 2, pull_request: { url: `${api}/repos/octo/app/pulls/2` } },
    });
  });

  test("GraphQL returns the issues that it closes", async () => {
    const bearer = await token();
    await openIssue();
    await openIssue();
    const ask = async (number: number, query = CLOSING) => {
      const variables = { owner: "octo", repo: "app", number };
      return (await call("POST", "/graphql", { bearer, body: { query, variables } })).body;
    };
    const into = await openPull();
    const elsewhere = await openPull({ base: "release" });
    const linked = await openPull({ base: "release", closes: [2] });
    const one = { number: 1, repository: { databaseId: 77, nameWithOwner: "octo/app" } };
    const nodes = (list: unknown[]) => ({
      data: { repository: { pullRequest: { closingIssuesReferences: { nodes: list } } } },
    });
    expect(await ask(into.number)).toEqual(nodes([one]));
    expect(await ask(elsewhere.number)).toEqual(nodes([]));
    expect(await ask(linked.number)).toEqual(nodes([{ ...one, number: 2 }]));
    expect((await ask(99)).errors).toMatchObject([{ type: "NOT_FOUND" }]);
    expect((await ask(1, "{ viewer { login } }")).errors).toHaveLength(1);
  });

  test("GraphQL names the issues that the App may read, with an error for each of the others", async () => {
    const bearer = await token();
    await openIssue();
    github.addRepository({ owner: "umbrella", name: "secret", private: true, installationId: null });
    const { issue: hidden } = await github.openIssue({
      repo: "umbrella/secret",
      by: "mona",
      title: "Hidden",
    });
    const { number } = await openPull({ closes: [hidden] });
    const variables = { owner: "octo", repo: "app", number };
    const { body } = await call("POST", "/graphql", { bearer, body: { query: CLOSING, variables } });
    expect(body).toMatchObject({
      data: { repository: { pullRequest: { closingIssuesReferences: { nodes: [null, { number: 1 }] } } } },
      errors: [
        { type: "FORBIDDEN", path: ["repository", "pullRequest", "closingIssuesReferences", "nodes", 0] },
      ],
    });
  });

  test("GraphQL returns who edited the text and who linked issues by hand", async () => {
    const bearer = await token();
    const issue = await openIssue();
    const pull = await openPull();
    const HANDS = `query ($owner: String!, $repo: String!, $number: Int!) {
      repository(owner: $owner, name: $repo) { pullRequest(number: $number) {
        userContentEdits(first: 100) { totalCount nodes { editor { __typename login } } }
        timelineItems(first: 100, itemTypes: [CONNECTED_EVENT]) { totalCount nodes { ... on ConnectedEvent {
          actor { __typename login } subject { ... on Issue { number repository { databaseId } } } } } } } } }`;
    const variables = { owner: "octo", repo: "app", number: pull.number };
    const ask = async () =>
      (await call("POST", "/graphql", { bearer, body: { query: HANDS, variables } })).body;
    const hands = (edits: unknown[], events: unknown[]) => ({
      data: {
        repository: {
          pullRequest: {
            userContentEdits: { totalCount: edits.length, nodes: edits },
            timelineItems: { totalCount: events.length, nodes: events },
          },
        },
      },
    });
    expect(await ask()).toEqual(hands([], []));
    await github.editPull(pull, { by: "mona", body: "Fixes #1" });
    github.linkPull(pull, { by: "mona", issue });
    const actor = (login: string) => ({ __typename: "User", login });
    const subject = { number: issue.number, repository: { databaseId: 77 } };
    expect(await ask()).toEqual(
      hands(
        [{ editor: actor("mona") }, { editor: actor("coder-agent") }],
        [{ actor: actor("mona"), subject }],
      ),
    );
  });

  test("merging closes the issue", async () => {
    const issue = await openIssue();
    const deliveries = await github.closePull(await openPull(), { by: "mona", merged: true });
    expect(deliveries.map(({ event, action }) => `${event}.${action}`)).toEqual([
      "pull_request.closed",
      "issues.closed",
    ]);
    expect(deliveries[0]?.payload).toMatchObject({ pull_request: { merged: true } });
    expect(issue.state).toBe("closed");
  });

  test("a review with two comments is three webhooks", async () => {
    const bearer = await token();
    await openIssue();
    const pull = await openPull();
    const [{ review }, first, second] = await github.review(pull, {
      by: "mona",
      state: "changes_requested",
      comments: [
        { path: "src/a.ts", line: 7, startLine: 5, body: "Why?" },
        { path: "src/b.ts", line: 1, body: "No." },
      ],
    });
    const received = receiver.calls.slice(-3).map(payloadOf);
    expect(received[0]).toMatchObject({
      action: "submitted",
      review: { id: review.id, state: "changes_requested", body: null, user: { login: "mona" } },
      pull_request: { number: 2, head: { ref: "coder/issue-1" } },
    });
    expect(received[0]?.pull_request).not.toHaveProperty("merged");
    expect(received[1]).toMatchObject({
      action: "created",
      comment: { path: "src/a.ts", line: 7, start_line: 5, pull_request_review_id: review.id, body: "Why?" },
    });
    const get = async (path: string) => (await call("GET", `/repos/octo/app/pulls/${path}`, { bearer })).body;
    expect(await get(`2/reviews/${review.id}`)).toMatchObject({ state: "CHANGES_REQUESTED", body: "" });
    if (!first || !second) throw new Error("two comments were expected");
    const edited = await github.editReviewComment(first.comment, { by: "mona", body: "Why this?" });
    expect(edited.payload).toMatchObject({ changes: { body: { from: "Why?" } } });
    expect(await get(`comments/${first.comment.id}`)).toMatchObject({ body: "Why this?" });
    await github.deleteReviewComment(second.comment, { by: "mona" });
    expect(await get("2/comments")).toHaveLength(1);
    const path = `/repos/octo/app/pulls/comments/${first.comment.id}/reactions`;
    expect((await call("POST", path, { bearer, body: { content: "eyes" } })).status).toBe(201);
  });
});

describe("workflow runs", () => {
  const failing = (log?: string | null | (() => AsyncIterable<string>)) => ({
    name: "test",
    conclusion: "failure" as const,
    steps: [{ name: "npm test", conclusion: "failure" as const }],
    ...(log === undefined ? {} : { log }),
  });
  const headSha = "b".repeat(40);
  const ci = { repo: "octo/app", workflow: "CI", branch: "fix", headSha, conclusion: "failure" as const };

  test("a failed run names its pull request, unless it is from a fork", async () => {
    const fork = github.addRepository({
      owner: "frank",
      name: "app",
      forkOf: "octo/app",
      installationId: null,
    });
    await github.openPull({ repo: "octo/app", by: "coder-agent", head: "fix", headSha });
    const { payload, run } = await github.completeRun({ ...ci, jobs: [failing()] });
    expect(payload).toMatchObject({
      action: "completed",
      workflow: { name: "CI", path: ".github/workflows/ci.yml" },
      workflow_run: {
        id: run.id,
        conclusion: "failure",
        status: "completed",
        head_branch: "fix",
        head_sha: headSha,
        run_attempt: 1,
        pull_requests: [{ number: 1 }],
        head_repository: { full_name: "octo/app" },
      },
    });
    const forked = await github.completeRun({ ...ci, headRepo: fork });
    expect(forked.payload).toMatchObject({
      workflow_run: { pull_requests: [], head_repository: { full_name: "frank/app" } },
    });
  });

  test("jobs are listed in pages and by attempt", async () => {
    const bearer = await token();
    const { run } = await github.completeRun({ ...ci, jobs: Array.from({ length: 31 }, () => failing()) });
    await github.completeRun({ ...ci, attempt: 2, jobs: [failing()] });
    const get = async (path: string) =>
      (await call("GET", `/repos/octo/app/actions/runs/${run.id}${path}`, { bearer })).body;
    expect(await get("")).toMatchObject({ run_attempt: 2 });
    const latest = await get("/jobs");
    expect(latest).toMatchObject({ total_count: 1, jobs: [{ name: "test", conclusion: "failure" }] });
    expect(latest.jobs[0]?.steps).toMatchObject([{ name: "npm test", number: 1, conclusion: "failure" }]);
    expect(await get("/jobs?filter=all")).toMatchObject({ total_count: 32 });
    const first = await get("/attempts/1/jobs");
    expect(first.total_count).toBe(31);
    expect(first.jobs).toHaveLength(30);
  });

  test("a log is behind a redirect, and may be huge or deleted", async () => {
    const bearer = await token();
    async function* huge() {
      for (let i = 0; i < 40; i++) yield "x".repeat(65_536);
    }
    const { run } = await github.completeRun({
      ...ci,
      jobs: [failing("##[error]no"), failing(huge), failing(null), failing()],
    });
    const logs = run.jobs.map(({ id }) => `/repos/octo/app/actions/jobs/${id}/logs`);
    const answers = await Promise.all(logs.map((path) => call("GET", path, { bearer })));
    expect(answers.map(({ status }) => status)).toEqual([302, 302, 410, 404]);
    const [text, big] = answers.map(({ headers }) => headers.get("location") ?? "");
    expect((await call("GET", `${text}`)).text).toBe("##[error]no");
    expect((await call("GET", `${big}`)).text).toHaveLength(40 * 65_536);
    github.actions.logs.lifeMs = 0;
    const late = (await call("GET", `${logs[0]}`, { bearer })).headers.get("location") ?? "";
    expect((await call("GET", late)).status).toBe(403);
  });
});

describe("files and checks", () => {
  test("a push lists its files, which can be read by branch and commit", async () => {
    const bearer = await token();
    const by = "mona";
    const path = ".github/relay/a b.yml";
    const first = await github.push({ repo: "octo/app", by, files: { [path]: "one\n" } });
    const second = await github.push({ repo: "octo/app", by, files: { [path]: "two\n" } });
    expect(second.payload).toMatchObject({
      ref: "refs/heads/main",
      before: first.sha,
      after: second.sha,
      created: false,
      commits: [{ added: [], modified: [path], removed: [] }],
      repository: { full_name: "octo/app" },
    });
    const read = (ref: string, accept?: string) =>
      call("GET", `/repos/octo/app/contents/.github/relay/a%20b.yml?ref=${ref}`, {
        bearer,
        ...(accept === undefined ? {} : { accept }),
      });
    const old = (await read(first.sha)).body;
    expect(Buffer.from(old.content, "base64").toString()).toBe("one\n");
    // `printf 'one\n' | git hash-object --stdin`
    expect(old.sha).toBe("5626abf0f72e58d7a153368ba57db4c673c0e171");
    expect((await read("main", "application/vnd.github.raw+json")).text).toBe("two\n");
    expect((await read("nowhere")).body.message).toBe("No commit found for the ref nowhere");
    const folder = await call("GET", "/repos/octo/app/contents/.github", { bearer });
    expect(folder.body).toMatchObject([{ type: "dir", name: "relay" }]);
    await github.push({ repo: "octo/app", by, commits: [{ removed: [path] }] });
    expect((await read("main")).status).toBe(404);
  });

  test("a check run is created, changed and listed", async () => {
    const bearer = await token();
    const { sha } = await github.push({ repo: "octo/app", by: "mona", files: { a: "" } });
    const output = { title: "Fine", summary: "All is well", annotations: [] };
    const path = "/repos/octo/app/check-runs";
    const made = await call("POST", path, { bearer, body: { name: "relay", head_sha: sha, output } });
    expect(made).toMatchObject({ status: 201, body: { status: "queued", conclusion: null } });
    const refused = await call("PATCH", `${path}/${made.body.id}`, { bearer, body: { status: "completed" } });
    expect(refused.status).toBe(422);
    await call("PATCH", `${path}/${made.body.id}`, { bearer, body: { conclusion: "success" } });
    const listed = await call("GET", "/repos/octo/app/commits/main/check-runs?check_name=relay", { bearer });
    expect(listed.body).toMatchObject({
      total_count: 1,
      check_runs: [{ status: "completed", conclusion: "success", output: { title: "Fine" } }],
    });
  });

  test("a text that is too long is refused, measured in GitHub's unit", async () => {
    const bearer = await token();
    const issue = await openIssue();
    const { sha } = await github.push({ repo: "octo/app", by: "mona", files: { a: "" } });
    const at = { path: "a", start_line: 1, end_line: 1, annotation_level: "failure" };
    const checkRun = (output: object) => ["/check-runs", { name: "relay", head_sha: sha, output }] as const;
    const summary = (text: string) => checkRun({ title: "t", summary: text });
    const annotated = (more: object) =>
      checkRun({ title: "t", summary: "s", annotations: [{ ...at, message: "m", ...more }] });
    const comment = (text: string) => [`/issues/${issue.number}/comments`, { body: text }] as const;
    const opened = (fields: object) => ["/issues", { title: "t", ...fields }] as const;

    for (const [path, body] of [
      summary("漢".repeat(21_845)),
      annotated({ title: "ü".repeat(255), message: "ü".repeat(32_768) }),
      comment("😀".repeat(65_536)),
      opened({ title: "ü".repeat(256), body: "😀".repeat(65_536), labels: ["ü".repeat(50)] }),
    ]) {
      expect((await call("POST", `/repos/octo/app${path}`, { bearer, body })).status).toBe(201);
    }
    for (const [[path, body], words] of [
      [summary("a".repeat(65_536)), "Only 65535 characters are allowed; 65536 were supplied."],
      [summary(`${"漢".repeat(21_845)}a`), "summary exceeds a maximum bytesize of 65535"],
      [annotated({ title: "a".repeat(256) }), "Only 255 characters are allowed; 256 were supplied."],
      [annotated({ message: "ü".repeat(32_769) }), "message exceeds a maximum bytesize of 65536"],
      [annotated({ raw_details: "a".repeat(65_537) }), "raw_details exceeds a maximum bytesize of 65536"],
      [comment("a".repeat(65_537)), "Body is too long (maximum is 65536 characters)"],
      [opened({ title: "a".repeat(257) }), "title is too long (maximum is 256 characters)"],
      [opened({ body: "a".repeat(65_537) }), "body is too long (maximum is 65536 characters)"],
      [opened({ labels: ["a".repeat(51)] }), "name is too long (maximum is 50 characters)"],
    ] as const) {
      const answer = await call("POST", `/repos/octo/app${path}`, { bearer, body });
      expect(answer.status).toBe(422);
      expect(answer.text).toContain(words);
    }
  });
});

const otherKey = () =>
  generateKeyPairSync("rsa", { modulusLength: 2048 })
    .privateKey.export({ type: "pkcs1", format: "pem" })
    .toString();
