import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { FakeGitHub } from "../../../local/fake-github/fake-github.js";

const server = new FakeGitHub({ isEnterpriseServer: true });
const gitHub = new FakeGitHub();
beforeAll(() => Promise.all([server.listen(), gitHub.listen()]));
afterAll(() => Promise.all([server.close(), gitHub.close()]));

const ask = (url: string, headers: Record<string, string> = {}) =>
  fetch(url, { headers, redirect: "manual" });

test.each(["/app", "/repos/octo/app", "/graphql", "/api/v3/graphql"])(
  "an Enterprise Server answers %s, which is outside its APIs, with the sign-in page",
  async (path) => {
    const answer = await ask(`${server.url}${path}`);
    expect([answer.status, answer.headers.get("location")]).toEqual([302, "/login"]);
    expect(answer.headers.get("x-github-enterprise-version")).toMatch(/^3\./);
  },
);

test.each(["/api/v3/app", "/api/graphql"])("its API is at %s", async (path) => {
  const answer = await ask(`${server.url}${path}`);
  expect(answer.headers.get("location")).toBeNull();
  expect([401, 404]).toContain(answer.status);
});

test("it doesn't know github.com's newest version of the API", async () => {
  const newest = { "x-github-api-version": "2026-03-10" };
  expect((await ask(`${server.apiUrl}/app`, newest)).status).toBe(400);
  expect((await ask(`${gitHub.apiUrl}/app`, newest)).status).toBe(401);
  expect((await ask(`${gitHub.apiUrl}/app`, { "x-github-api-version": "2020-01-01" })).status).toBe(400);
});
