import { generateKeyPairSync } from "node:crypto";
import { GetSecretValueCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { Inbox } from "../../../lambdas/inbox/inbox.js";
import type { LocalDynamoDb } from "../../../local/aws/dynamodb/dynamodb.js";
import { mockClient } from "../../mock-client.js";
import { startTable } from "../table.js";

let dynamoDb: LocalDynamoDb;
beforeAll(async () => {
  dynamoDb = await startTable("earlier");
  Object.assign(process.env, {
    AGENT_GITHUB_USERNAME: "coder-agent",
    CODER_URL: "https://coder.example.com",
    CODER_TOKEN_SECRET_ARN: "token",
    CREATE_TASK_FLOW_ARN: "create-task",
    DRAIN_INBOX_FLOW_ARN: "drain-inbox",
    GITHUB_APP_SECRET_ARN: "app",
    POWERTOOLS_LOG_LEVEL: "SILENT",
    POWERTOOLS_METRICS_NAMESPACE: "test",
    SCHEDULE_DEAD_LETTERS_ARN: "dead-letters",
    SCHEDULE_GROUP: "jobs",
    SCHEDULE_ROLE_ARN: "role",
    TASK_MARK_SECRET_ARN: "mark",
  });
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const pem = privateKey.export({ type: "pkcs1", format: "pem" });
  mockClient(SecretsManagerClient)
    .on(GetSecretValueCommand)
    .resolves({ SecretString: JSON.stringify({ appId: "1", privateKey: pem }) });
});
afterAll(() => dynamoDb.close());

const repository = { id: 1, owner: "octo", name: "app", private: false };
const sender = { id: 2, login: "mona", type: "User" };

describe("an execution that an earlier version of the relay started still gets what it asks for, from", () => {
  test("pause-task: the task's key is beside `tracked`", async () => {
    const { handler } = await import("../../../lambdas/actions/pause-task.js");
    const key = { repositoryId: 1, work: "7" };
    const tracked = { outcome: "merged", intent: 3, sendings: -1 };
    const done = { ...tracked, key, outcome: "done" };
    expect(await handler({ tracked, key, execution: "arn:x" })).toEqual(done);
    expect(await handler({ tracked: { ...tracked, key }, execution: "arn:x" })).toEqual(done);
  });

  test("put-into-inbox: the summary of a failed run is `text`", async () => {
    const { handler } = await import("../../../lambdas/actions/put-into-inbox.js");
    const key = { repositoryId: 1, work: "8" };
    const run = {
      id: 1,
      attempt: 1,
      workflowId: 1,
      workflow: "CI",
      url: "https://github.com/octo/app/actions/runs/1",
      conclusion: "failure",
      branch: "fix",
      headSha: "0a",
      headRepository: { id: 1, owner: "octo" },
      pulls: [9],
    };
    const at = "2026-11-25T12:00:00Z";
    const event = { type: "check_failed", delivery: "a", installation: 1, repository, at, sender, run };
    const subject = { kind: "pull", number: 9, url: "https://github.com/octo/app/pull/9" };
    const put = await handler({ event, key, subject, text: "1 test failed" });
    expect(put).toEqual({ outcome: "put" });
    const texts: unknown[] = [];
    for await (const { input } of new Inbox(key).waiting()) texts.push("text" in input && input.text);
    expect(texts).toEqual(["1 test failed"]);
  });

  test("wake-drain: `resetsRounds` is `anew`", async () => {
    const { handler } = await import("../../../lambdas/actions/wake-drain.js");
    const key = { repositoryId: 1, work: "9" };
    const { Table } = await import("../../../lambdas/aws/table.js");
    const meta = { generation: 0, sendings: 0, failureRounds: 3 };
    await new Table().update({ pk: "inbox#1#9", sk: "meta" }, meta);
    await handler({ key, anew: true });
    expect((await new Inbox(key).meta.read()).failureRounds).toBe(0);
  });

  test("sync-installation: the position is beside the event", async () => {
    const { handler } = await import("../../../lambdas/actions/sync-installation.js");
    const event = {
      type: "repositories_removed",
      delivery: "a",
      installation: 1,
      account: "octo",
      sender,
      repositories: [repository],
    };
    expect(await handler({ event, position: 1 })).toEqual({ position: 1, done: true });
    expect(await handler({ state: { event, progress: { position: 1 } } })).toEqual({
      position: 1,
      done: true,
    });
  });
});
