import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, beforeEach, expect, test } from "@jest/globals";
import { Octokit } from "@octokit/core";
import appJwt from "universal-github-app-jwt";
import { appPermissions } from "../../../infra/definition/github-app.js";
import { subscribedEvents } from "../../../lambdas/model/handled-events.js";
import { FakeGitHub } from "../../../local/fake-github/fake-github.js";

/** The requests that arrive at the App's webhook. */
let received: { type?: string | undefined; signature?: string | string[] | undefined; body: string }[] = [];
const receiver = createServer((request, response) => {
  let body = "";
  request.on("data", (chunk) => {
    body += chunk;
  });
  request.on("end", () => {
    const { "content-type": type, "x-hub-signature-256": signature } = request.headers;
    received.push({ type, signature, body });
    response.end();
  });
});

let github: FakeGitHub;
let app: Octokit;
let url: string;
beforeAll(async () => {
  github = new FakeGitHub();
  await github.listen();
  await new Promise<void>((resolve) => receiver.listen(0, "127.0.0.1", resolve));
  url = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/hooks`;
  github.addRepository({ owner: "octo", name: "app", permissions: { mona: "read" } });
  github.addRepository({ owner: "other", name: "lib", installationId: null });
  const { token } = await appJwt({ id: github.appId, privateKey: github.privateKey });
  app = new Octokit({ auth: token, baseUrl: github.apiUrl });
});
beforeEach(() => {
  received = [];
});
afterAll(async () => {
  await github.close();
  receiver.close();
});

test("the App shows the permissions that it requests, and each installation those that its account accepted", async () => {
  expect((await app.request("GET /app")).data).toMatchObject({
    permissions: appPermissions,
    events: subscribedEvents,
  });
  const { data } = await app.request("GET /app/installations");
  expect(data).toMatchObject([
    { account: { login: "octo" }, permissions: appPermissions, events: subscribedEvents, suspended_at: null },
  ]);
  expect((await app.request("GET /app/installation-requests")).data).toEqual([]);
});

test("a change of the hook replaces its whole configuration, and answers hide the secret", async () => {
  const secret = "hush hush";
  // As `data`, because Octokit would take a parameter `url` for the address of the request.
  const change = { url, content_type: "json", secret, insecure_ssl: "0" };
  const { data } = await app.request("PATCH /app/hook/config", { data: change });
  expect(data).toEqual({ ...change, secret: "********" });
  await github.ping();
  expect(received).toEqual([
    { type: "application/json", signature: expect.stringMatching(/^sha256=/), body: expect.any(String) },
  ]);

  await app.request("PATCH /app/hook/config", { data: { url } });
  expect((await app.request("GET /app/hook/config")).data).toEqual({
    url,
    content_type: "form",
    insecure_ssl: "0",
  });
  await github.ping();
  expect(received.at(-1)).toMatchObject({ type: "application/x-www-form-urlencoded" });
  expect(received.at(-1)?.body).toMatch(/^payload=%7B/);
  expect(received.at(-1)?.signature).toBeUndefined();

  const wrong = app.request("PATCH /app/hook/config", { data: { url: "nowhere" } });
  await expect(wrong).rejects.toMatchObject({ status: 422 });
});

test("only people with a role in the repository can be assigned", async () => {
  const { data } = await app.request("GET /repos/{owner}/{repo}/installation", {
    owner: "octo",
    repo: "app",
  });
  const { token } = (await app.request("POST /app/installations/{id}/access_tokens", { id: data.id }))
    .data as { token: string };
  const ask = async (login: string) => {
    const headers = { authorization: `bearer ${token}` };
    return (await fetch(`${github.apiUrl}/repos/octo/app/assignees/${login}`, { headers })).status;
  };
  expect(await Promise.all(["mona", github.agentLogin, github.botLogin, "nobody"].map(ask))).toEqual([
    204, 204, 404, 404,
  ]);
});
