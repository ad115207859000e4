import { expect, test } from "@jest/globals";
import { Octokit } from "@octokit/rest";
import { readConfig } from "../../../lambdas/config/read-config.js";

/** A client to which GitHub gives this answer. */
function answering(answer: unknown): Octokit {
  const fetch = async () =>
    new Response(JSON.stringify(answer), { headers: { "content-type": "application/json" } });
  return new Octokit({ request: { fetch } });
}

const repository = { owner: "octo", name: "app" };

test.each([
  ["a directory", [{ type: "file", name: "a" }], "It is a directory, not a file."],
  ["a submodule", { type: "submodule", sha: "0a" }, "It is a submodule, not a file."],
  ["a link out of the repository", { type: "symlink", target: "../.." }, "It is a symlink, not a file."],
  ["a file of 2 MB", { type: "file", content: "", encoding: "none" }, "It is larger than 1 MB."],
])("%s is a fault that says what is expected", async (_, answer, reason) => {
  expect(await readConfig(answering(answer), repository)).toEqual({
    state: "invalid",
    faults: [{ line: 1, path: "", message: `${reason} Expected a TOML file of at most 64 KiB.` }],
    warnings: [],
  });
});

test("a file without content is valid", async () => {
  const empty = { type: "file", content: "", encoding: "base64" };
  expect(await readConfig(answering(empty), repository)).toMatchObject({ state: "valid" });
});
