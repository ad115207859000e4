import { afterAll, beforeAll, expect, test } from "@jest/globals";
import type { LocalDynamoDb } from "../../../local/aws/dynamodb/dynamodb.js";
import { startTable } from "../table.js";

let dynamoDb: LocalDynamoDb;
beforeAll(async () => {
  dynamoDb = await startTable("pauses");
  Object.assign(process.env, {
    CODER_URL: "https://coder.example.com",
    CODER_TOKEN_SECRET_ARN: "arn:coder-token",
    TASK_MARK_SECRET_ARN: "arn:task-mark",
    GITHUB_APP_SECRET_ARN: "arn:github-app",
    AGENT_GITHUB_USERNAME: "coder-agent",
  });
});
afterAll(() => dynamoDb.close());

test("takes the task's key from beside `tracked`, where executions of an earlier version have it", async () => {
  const { handler } = await import("../../../lambdas/actions/pause-task.js");
  const key = { repositoryId: 1, work: "7" };
  const tracked = { outcome: "merged", intent: 3, sendings: -1 };
  const done = { ...tracked, key, outcome: "done" };
  expect(await handler({ tracked, key, execution: "arn:x" })).toEqual(done);
  expect(await handler({ tracked: { ...tracked, key }, execution: "arn:x" })).toEqual(done);
});
