import { afterAll, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import type { InboxMeta } from "../../../lambdas/inbox/meta.js";
import type { NewInput, WaitingInput } from "../../../lambdas/inbox/stored-input.js";
import { type LocalDynamoDb, startDynamoDb } from "../../../local/aws/dynamodb/dynamodb.js";
import { SecretsManager } from "../../../local/aws/secrets-manager/secrets-manager.js";
import { FakeGitHub } from "../../../local/fake-github/fake-github.js";
import type { Pull } from "../../../local/fake-github/pulls/pull.js";

let dynamoDb: LocalDynamoDb;
let gitHub: FakeGitHub;
let rooms: Awaited<ReturnType<typeof importRooms>>;
let inbox: InstanceType<typeof rooms.Inbox>;
let installation: number;
let pull: Pull;
let works = 0;

const secrets = new SecretsManager();
const noMeta: InboxMeta = { generation: 0, sendings: 0 };

async function importRooms() {
  const { Inbox } = await import("../../../lambdas/inbox/inbox.js");
  const { findIncomplete, heldSeconds } = await import("../../../lambdas/inbox/reviews.js");
  return { Inbox, findIncomplete, heldSeconds };
}

beforeAll(async () => {
  dynamoDb = await startDynamoDb("reviews");
  gitHub = new FakeGitHub();
  await Promise.all([gitHub.listen(), secrets.listen()]);
  const { appId, privateKey } = gitHub;
  secrets.put("githubApp", JSON.stringify({ appId: String(appId), privateKey }));
  Object.assign(process.env, {
    TABLE_NAME: "reviews",
    GITHUB_APP_SECRET_ARN: "githubApp",
    GITHUB_API_URL: gitHub.url,
    POWERTOOLS_LOG_LEVEL: "SILENT",
    AWS_REGION: "us-east-1",
    AWS_ACCESS_KEY_ID: "local",
    AWS_SECRET_ACCESS_KEY: "local",
    AWS_ENDPOINT_URL_DYNAMODB: dynamoDb.url,
    AWS_ENDPOINT_URL_SECRETS_MANAGER: secrets.url,
  });
  gitHub.addUser({ login: "mona" });
  installation = gitHub.addRepository({ owner: "octo", name: "app" }).installationId ?? 0;
  ({ pull } = await gitHub.openPull({ repo: "octo/app", by: "mona", head: "fix", title: "Fix it" }));
  rooms = await importRooms();
});
beforeEach(() => {
  works += 1;
  inbox = new rooms.Inbox({ repositoryId: 7, work: String(works) });
  gitHub.http.calls.length = 0;
});
afterAll(async () => {
  await Promise.all([gitHub.close(), secrets.close()]);
  await dynamoDb.close();
});

/** Submits a review with this many comments. Returns its id and theirs. */
async function submit(count: number, { body = "", state = "commented" as "commented" | "approved" } = {}) {
  const comments = Array.from({ length: count }, (_, n) => ({ path: "a.ts", line: n + 1, body: `no. ${n}` }));
  const [first, ...others] = await gitHub.review(pull, { by: "mona", state, body, comments, deliver: false });
  return { id: first.review.id, comments: others.map(({ comment }) => `review_comment#${comment.id}`) };
}

/** An input of the review that has been waiting for `secondsAgo`. */
function inputOf(identity: string, review: number, secondsAgo = 0): WaitingInput {
  const url = `https://github.com/octo/app/pull/${pull.number}`;
  return {
    identity,
    delivery: `delivery-${identity}`,
    version: "1",
    order: "1",
    state: "waiting",
    input: {
      kind: "review_comment",
      subject: { kind: "pull", number: pull.number, url, repository: "octo/app" },
      url,
      at: "2026-01-01T00:00:00Z",
      author: "mona",
      body: "A comment.",
    },
    review: { id: review, pull: pull.number, installation, repository: { owner: "octo", name: "app" } },
    queuedAt: Date.now() - secondsAgo * 1000,
    expiresAt: 2_000_000_000,
  };
}

const reviewCalls = () => gitHub.http.calls.filter(({ path }) => path.includes("/reviews/"));

async function missing(inputs: readonly WaitingInput[], meta: Partial<InboxMeta> = {}): Promise<string[]> {
  const found = await rooms.findIncomplete(inbox, inputs, { ...noMeta, ...meta });
  expect(found.reviews).toHaveLength(found.missing.size > 0 ? 1 : 0);
  return [...found.missing];
}

describe("a review is incomplete", () => {
  test("while comments that GitHub lists are not stored", async () => {
    const { id, comments } = await submit(3);
    const [first = "", second = "", third] = comments;
    const { identity, delivery, version, order, input }: NewInput = inputOf(second, id);
    await inbox.put({ identity, delivery, version, order, input }, { isHuman: true });
    expect(await missing([inputOf(first, id)])).toEqual([third]);
  });

  test("while its own text is not stored, if it has one", async () => {
    const { id, comments } = await submit(1, { body: "One thing." });
    expect(await missing(comments.map((comment) => inputOf(comment, id)))).toEqual([`review#${id}`]);
  });

  test("by the comments of every page", async () => {
    const { id, comments } = await submit(101);
    const [first = "", ...others] = comments;
    expect(await missing([inputOf(first, id)])).toEqual(others);
  });
});

test("a review whose rest is waiting outside the message is distinguished from one whose rest was already sent", async () => {
  const { id, comments } = await submit(2);
  const [first = "", second = ""] = comments;
  const { identity, delivery, version, order, input }: NewInput = inputOf(second, id);
  await inbox.put({ identity, delivery, version, order, input }, { isHuman: true });
  const isPart = async (...inputs: string[]) =>
    (
      await rooms.findIncomplete(
        inbox,
        inputs.map((one) => inputOf(one, id)),
        noMeta,
      )
    ).isPart;
  expect(await isPart(first)).toBe(true);
  expect(await isPart(first, second)).toBe(false);
  await inbox.withdraw(second, "another delivery");
  expect(await isPart(first)).toBe(false);
});

describe("a review is not waited for", () => {
  test("if GitHub lists no comments", async () => {
    const { id } = await submit(0, { body: "Well done." });
    expect(await missing([inputOf(`review#${id}`, id)])).toEqual([]);
    expect(reviewCalls()).toHaveLength(2);
  });

  test("if it is an approval without a text, and its comments are stored", async () => {
    const { id, comments } = await submit(2, { state: "approved" });
    expect(await missing(comments.map((comment) => inputOf(comment, id)))).toEqual([]);
  });

  test("if GitHub does not know it", async () => {
    expect(await missing([inputOf("review_comment#1", 999_999)])).toEqual([]);
    expect(reviewCalls().map(({ status }) => status)).toContain(404);
  });

  test("if one of its inputs has waited long enough, or all are known to be stored; GitHub isn't asked", async () => {
    const { id, comments } = await submit(2);
    const [first = ""] = comments;
    expect(await missing([inputOf(first, id, rooms.heldSeconds + 1)])).toEqual([]);
    expect(await missing([inputOf(first, id)], { complete: [id] })).toEqual([]);
    expect(reviewCalls()).toEqual([]);
  });
});
