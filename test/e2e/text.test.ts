import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { active, invisibleIn, withoutCode } from "../lambdas/text/hostile.js";
import { creation, deployments } from "./deployments.js";
import { World } from "./support.js";

/** Titles within, at and beyond Coder's limits. */
const titles: [string, string][] = [
  ["64 ASCII letters", "a".repeat(64)],
  ["65 ASCII letters", "a".repeat(65)],
  ["256 ASCII letters", "a".repeat(256)],
  ["32 umlauts", "ü".repeat(32)],
  ["33 umlauts", "ü".repeat(33)],
  ["40 umlauts", "ä".repeat(40)],
  ["40 CJK characters", "修".repeat(40)],
  ["256 emoji", "😀".repeat(256)],
  ["emoji of families", "👨‍👩‍👧‍👦".repeat(20)],
  ["letters with combining marks", "e\u0301".repeat(60)],
  ["one letter with 200 marks", `e${"\u0301".repeat(200)}`],
  ["only invisible characters", "\u200b\u2060\u202e"],
  ["line separators", "one\u2028two\u2029three\u0085four"],
];

describe.each(["Tasks of 2.34", "Chats of 2.38"] as const)("on %s", (name) => {
  const { coder, page } = deployments[name];
  let world: World;
  beforeAll(async () => {
    world = await World.start({ coder });
  });
  afterAll(() => world.close());

  test.each(titles)("an issue whose title has %s gets its task", async (_, title) => {
    const issue = await world.openIssue(title);
    await world.assign(issue);
    await world.untilRunning(issue);
    const ends = await world.endsOf(issue);
    expect(ends).toEqual(ends.map(() => "SUCCEEDED"));
    const sent = world.coder.http.calls.filter(
      ({ method, path, status }) =>
        method === "POST" && status === 201 && /\/(tasks\/[^/]+|chats)$/.test(path),
    );
    const { display_name, title: chatTitle } = Object(sent.at(-1)?.body);
    const shown: string = page === "tasks" ? display_name : chatTitle;
    if (page === "tasks") expect(Buffer.byteLength(shown)).toBeLessThanOrEqual(64);
    else expect([...shown].length).toBeLessThanOrEqual(200);
    expect(shown.trim()).not.toBe("");
    expect(invisibleIn(shown)).toEqual([]);
  });

  test("a stranger's text has no effect on GitHub when the status comment quotes it", async () => {
    const issue = await world.openIssue("@octo/team see #1, GH-2, org/repo#3 and https://evil.example");
    await world.assign(issue);
    await world.untilRunning(issue);
    const agent = world.agentOf(issue);
    const words = "@octo/team #1 GH-2 org/repo#3 0123abc www.evil.example [a](https://evil.example) <b>`";
    if ("setAgentState" in agent) agent.setAgentState("idle", { message: words });
    else agent.setSummary(words);
    await world.gitHub.comment(issue, { by: "mona", body: "how far?" });
    const status = await world.untilStatus(issue, "@octo/team");
    for (const line of status.split("\n").filter((text) => text.startsWith("> "))) {
      expect(withoutCode(line.slice(2))).not.toMatch(active);
    }
    const ends = await world.endsOf(issue);
    expect(ends).toEqual(ends.map(() => "SUCCEEDED"));
  });

  test.each([true, false])(
    "Coder's refusal (private: %s) is shown only to people who may read the code",
    async (isPrivate) => {
      const repo = `octo/${page}-${isPrivate ? "private" : "public"}`;
      const [owner = "", repoName = ""] = repo.split("/");
      world.gitHub.addRepository({
        owner,
        name: repoName,
        private: isPrivate,
        permissions: { mona: "write" },
      });
      const issue = await world.openIssue("It is broken", repo);
      const message = "user relay-admin may not reach db.internal:5432";
      world.coder.http.fail({
        ...creation,
        status: 403,
        body: { message, detail: "at handler (api.go:12)" },
      });
      await world.assign(issue);
      const status = await world.untilStatus(issue, "has failed");
      const [run] = await world.runsOf(issue);
      expect(run).toMatchObject({ status: "FAILED" });
      expect(run?.cause).toContain(message);
      expect(status).toContain(`Reference for operators: \`${run?.name}\``);
      expect(status.includes(message)).toBe(isPrivate);
      // The name of a run is random and may contain any digits.
      const words = status.replaceAll(run?.name ?? "", "");
      if (!isPrivate) expect(words).not.toMatch(/403|relay-admin|internal|api|handler|Forbidden/);
    },
  );
});
