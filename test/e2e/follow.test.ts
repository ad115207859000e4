import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import type { FakeChat } from "../../local/fake-coder/chats/chat.js";
import type { Issue } from "../../local/fake-github/issues/issues.js";
import { until, World } from "./support.js";

let world: World;
const pull = { number: 7, url: "https://github.com/octo/app/pull/7" };

/** An issue whose agent works until it is released. */
async function atWork(): Promise<{ issue: Issue; chat: FakeChat }> {
  const issue = await world.openIssue();
  await world.assign(issue);
  const chat = await until("there is a chat", () => world.coder.chat(`octo/app#${issue.number}`));
  chat.holdBusy();
  await world.untilStatus(issue, "is running");
  return { issue, chat };
}

const followersOf = ({ number }: Issue) =>
  world.executions("follow-task").filter(({ name }) => name.startsWith(`gh-app-${number}-`));

describe.each([
  ["2.38", { version: "2.38" }],
  ["2.35", { version: "2.35", tasks: false, stringErrors: true }],
] as const)("on Chats of %s the status comment reports without an event", (version, coder) => {
  beforeAll(async () => {
    world = await World.start({ coder, isPrivate: true });
  });
  afterAll(() => world.close());

  test("that the turn is over, its result, and that the agent works again", async () => {
    const { issue, chat } = await atWork();
    chat.release();
    await world.untilStatus(issue, "waits for you");
    chat.setSummary("Found the cause");
    await world.untilStatus(issue, "Last turn: Found the cause");
    chat.setPullRequest(pull);
    expect(await world.untilStatus(issue, "Pull request #7 (open)")).toContain("waits for you");

    chat.holdBusy();
    await world.untilStatus(issue, "is running");
    chat.release();
    expect(await world.untilStatus(issue, "waits for you")).toContain(pull.url);
    expect(world.statusComments(issue)).toHaveLength(1);
  });

  test("that a turn has failed, with a remedy", async () => {
    const { issue, chat } = await atWork();
    chat.failTurn({ kind: "usage_limit", message: "no budget" });
    const status = await world.untilStatus(issue, "The last turn has failed");
    expect(status).toContain("no budget");
    if (version === "2.38") expect(status).toContain("AI budget is used up: raise it in Coder");
    expect(status).toContain("The next comment makes the agent try again.");
    expect(status).toContain("waits for you");

    chat.release();
    await world.gitHub.comment(issue, { by: "mona", body: "try again" });
    await until("it has worked again", () => chat.inputs.length === 1 && chat.status === "waiting");
    await until(
      "the failure is no longer shown",
      () => !/has failed/.test(world.statusComments(issue).join()),
    );
  });

  test("only what everybody may read, once the repository is public", async () => {
    const { issue, chat } = await atWork();
    const repository = world.gitHub.repositories.get("octo/app");
    repository.private = false;
    chat.failTurn({ kind: "usage_limit", message: "no budget" });
    const status = await world.untilStatus(issue, "The last turn has failed");
    expect(status).not.toContain("no budget");

    chat.release();
    const message = "No secrets, please";
    world.coder.http.fail({
      method: "POST",
      path: new RegExp(`${chat.id}/messages$`),
      status: 403,
      body: { message, kind: "hook_denied" },
    });
    await world.gitHub.comment(issue, { by: "mona", body: "try again" });
    expect(await world.untilStatus(issue, "A hook of the Coder deployment")).not.toContain(message);
    await world.idle();
    repository.private = true;
  });

  test("until the agent has been idle for long enough, and again from the next message on", async () => {
    const { issue, chat } = await atWork();
    chat.release();
    await until("no execution watches the agent", () =>
      followersOf(issue).every(({ status }) => status === "SUCCEEDED"),
    );
    await world.untilStatus(issue, "waits for you");
    chat.holdBusy();
    await world.gitHub.comment(issue, { by: "mona", body: "one more thing" });
    await world.untilStatus(issue, "is running");
    await until("an execution watches the agent again", () =>
      followersOf(issue).some(({ status }) => status === "RUNNING"),
    );
    chat.release();
    await world.untilStatus(issue, "waits for you");
  });

  test("and keeps the notice that failures are no longer relayed", async () => {
    const { issue, chat } = await atWork();
    await world.idle();
    await world.system.invoke("announce-silence", {
      key: { repositoryId: issue.repo.id, work: String(issue.number) },
      reason: "limit",
      who: "",
      execution: "a-test",
    });
    await world.untilStatus(issue, "messages about failed CI runs");
    chat.release();
    expect(await world.untilStatus(issue, "waits for you")).toContain("messages about failed CI runs");
  });

  test("with one execution, which ends when the issue is closed", async () => {
    const { issue, chat } = await atWork();
    await world.idle();
    await world.assign(issue);
    await world.idle();
    await until("only the newer execution watches the agent", () => {
      const running = followersOf(issue).filter(({ status }) => status === "RUNNING");
      return followersOf(issue).length === 2 && running.length === 1;
    });
    chat.release();
    await world.gitHub.closeIssue(issue, { by: "mona" });
    await world.untilStatus(issue, "Completed");
    await until("no execution watches the agent", () =>
      followersOf(issue).every(({ status }) => status === "SUCCEEDED"),
    );
    await world.untilStatus(issue, "Completed");
  });
});

test("on Tasks no execution watches the agent; its reports are shown when the relay polls it anyway", async () => {
  const tasks = await World.start();
  try {
    const issue = await tasks.openIssue();
    await tasks.assign(issue);
    await tasks.untilStatus(issue, "is running");
    await tasks.idle();
    expect(tasks.executions("follow-task")).toEqual([]);

    tasks.coder.task("gh-app-1")?.setAgentState("idle", { message: "See my\nchanges", uri: pull.url });
    await tasks.gitHub.comment(issue, { by: "mona", body: "how far?" });
    const status = await tasks.untilStatus(issue, "See my changes");
    expect(status).toContain(`Link: ${pull.url}`);
    await tasks.idle();
  } finally {
    await tasks.close();
  }
});
