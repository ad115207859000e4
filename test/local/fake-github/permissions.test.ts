import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "@jest/globals";
import { appPermissions } from "../../../infra/definition/github-app.js";
import { subscribedEvents } from "../../../lambdas/model/handled-events.js";
import { areEnough, needsOf } from "../../../local/fake-github/rest/permissions.js";

/*
 * The fake GitHub refuses what an App with these permissions may not do, so e2e tests fail if one is missing. A complete
 * test run checks that each of them is used.
 */

const page = readFileSync(
  fileURLToPath(new URL("../../../docs/github-app-setup.md", import.meta.url)),
  "utf8",
);

test("the table in the docs lists the App's permissions", () => {
  const rows = page.matchAll(
    /^\| ([\w ]+) \((?:repository|organization)\) \| (Read-only|Read and write) \|/gm,
  );
  const asked = [...rows].map(([, name = "", level]) => [
    // GitHub's page says "Commit statuses", its API says `statuses`.
    name.toLowerCase().replace("commit ", "").replaceAll(" ", "_"),
    level === "Read-only" ? "read" : "write",
  ]);
  expect(Object.fromEntries(asked)).toEqual(appPermissions);
});

test("the manifest in the docs requests the App's permissions", () => {
  const [, json = ""] = /"default_permissions": (\{[^}]*\})/.exec(page) ?? [];
  expect(JSON.parse(json)).toEqual(appPermissions);
});

test("the table and the manifest in the docs subscribe to the events that the relay handles", () => {
  const [, section = ""] = /^### Events\n(.*?)^##/ms.exec(page) ?? [];
  const rows = [...section.matchAll(/^\| ([A-Z][\w ]+) \|/gm)].map(([, name = ""]) =>
    name.toLowerCase().replaceAll(" ", "_"),
  );
  const [, json = "[]"] = /"default_events": (\[[^\]]*\])/.exec(page) ?? [];
  expect(rows.toSorted()).toEqual(subscribedEvents.toSorted());
  expect(JSON.parse(json).toSorted()).toEqual(subscribedEvents.toSorted());
});

test("one of several permissions is enough, and write includes read", () => {
  expect(areEnough({ issues: "write" }, ["issues: read", "pull_requests: read"])).toBe(true);
  expect(areEnough({ issues: "read" }, ["issues: write"])).toBe(false);
  expect(areEnough({ actions: "read" }, ["issues: read"])).toBe(false);
  expect(areEnough({}, [])).toBe(true);
});

test("a route without declared permissions cannot be added", () => {
  expect(() => needsOf("GET", "/orgs/:org/members")).toThrow("GET /orgs/:org/members");
});
