import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "@jest/globals";
import { appPermissions, areEnough, needsOf } from "../../../local/fake-github/rest/permissions.js";

/*
 * The fake GitHub refuses what an App with these permissions may not do, so that every test of the whole system tells
 * when one is missing. Whether each of them is used, the whole run of the tests tells.
 */

const page = readFileSync(
  fileURLToPath(new URL("../../../docs/github-app-setup.md", import.meta.url)),
  "utf8",
);

test("the table of the docs asks for them", () => {
  const rows = page.matchAll(
    /^\| ([\w ]+) \((?:repository|organization)\) \| (Read-only|Read and write) \|/gm,
  );
  const asked = [...rows].map(([, name = "", level]) => [
    name.toLowerCase().replaceAll(" ", "_"),
    level === "Read-only" ? "read" : "write",
  ]);
  expect(Object.fromEntries(asked)).toEqual(appPermissions);
});

test("the manifest of the docs asks for them", () => {
  const [, json = ""] = /"default_permissions": (\{[^}]*\})/.exec(page) ?? [];
  expect(JSON.parse(json)).toEqual(appPermissions);
});

test("one of several is enough, and write has read in it", () => {
  expect(areEnough({ issues: "write" }, ["issues: read", "pull_requests: read"])).toBe(true);
  expect(areEnough({ issues: "read" }, ["issues: write"])).toBe(false);
  expect(areEnough({ actions: "read" }, ["issues: read"])).toBe(false);
  expect(areEnough({}, [])).toBe(true);
});

test("a route that nobody has said them for cannot be added", () => {
  expect(() => needsOf("GET", "/orgs/:org/members")).toThrow("GET /orgs/:org/members");
});
