import { GetSecretValueCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import {
  DescribeExecutionCommand,
  type ExecutionStatus,
  RedriveExecutionCommand,
  SFNClient,
} from "@aws-sdk/client-sfn";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import type { handleFailure } from "../../../lambdas/healing/failure.js";
import type { redriveFailedRuns } from "../../../lambdas/healing/redrive.js";
import * as errors from "../../../lambdas/model/errors.js";
import type { WorkEvent } from "../../../lambdas/model/event.js";
import type { IssueSource, TaskKey, TaskStatus } from "../../../lambdas/model/record.js";
import type { StatusComment } from "../../../lambdas/status/status-comment.js";
import type { TaskStore } from "../../../lambdas/tasks/store.js";
import type { LocalDynamoDb } from "../../../local/aws/dynamodb/dynamodb.js";
import { FakeCoder } from "../../../local/fake-coder/fake-coder.js";
import { FakeGitHub } from "../../../local/fake-github/fake-github.js";
import type { Issue } from "../../../local/fake-github/issues/issues.js";
import policies from "../../../statemachines/retry-policies.json" with { type: "json" };
import { mockClient } from "../../mock-client.js";
import { startTable } from "../table.js";

/** The flows catch these, so no run ends with them. */
const caught = [
  "AgentBusyError",
  "AgentStillBusyError",
  "AgentWorkingError",
  "AgentRestingError",
  "ChecksRunningError",
  "MergeabilityUnknownError",
  "PullsLeftError",
];

/** The names of all our own errors with which a run can end. */
const ours = Object.keys(errors).filter((name) => name.endsWith("Error") && !caught.includes(name));
const refusals = ([400, 401, 403, 404, 409, 410, 422, 451] as const).flatMap((status) =>
  (["GitHub", "Coder"] as const).map(
    (service) => new errors.RefusedRequestError(service, status, "GET /x", "No.").name,
  ),
);
const { transient, rateLimited, crashed } = policies.everyLambda;
const ofRetries = [transient, rateLimited, crashed].flatMap(({ ErrorEquals }) => ErrorEquals);
const bugs = ["TypeError", "States.Runtime", "Lambda.Unhandled"];
const kinds = [
  ...new Set([...ours.filter((name) => name !== "RefusedRequestError"), ...refusals, ...ofRetries, ...bugs]),
];

/** Whether the relay redrives such a run, because an outage explains the error. An operator redrives the others. */
const byRelay = (name: string) => [...transient.ErrorEquals, ...rateLimited.ErrorEquals].includes(name);

const secret = "10.0.0.7: the answer of a service";
const stepFunctions = mockClient(SFNClient);
const secrets = mockClient(SecretsManagerClient);
const coder = new FakeCoder();
let gitHub: FakeGitHub;
let dynamoDb: LocalDynamoDb;
let handle: typeof handleFailure;
let redrive: typeof redriveFailedRuns;
let store: TaskStore;
let say: (issue: Issue, status: TaskStatus) => Promise<unknown>;

beforeAll(async () => {
  dynamoDb = await startTable("kinds");
  gitHub = new FakeGitHub();
  await gitHub.listen();
  for (const [name, isPrivate] of [
    ["app", true],
    ["open", false],
  ] as const) {
    gitHub.addRepository({ owner: "octo", name, private: isPrivate, permissions: { mona: "write" } });
  }
  Object.assign(process.env, {
    CODER_URL: await coder.listen(),
    GITHUB_API_URL: gitHub.url,
    GITHUB_APP_SECRET_ARN: "app",
    POWERTOOLS_METRICS_DISABLED: "true",
    POWERTOOLS_LOG_LEVEL: "SILENT",
  });
  const key = JSON.stringify({ appId: gitHub.appId, privateKey: gitHub.privateKey });
  secrets.on(GetSecretValueCommand).resolves({ SecretString: key });
  stepFunctions.on(RedriveExecutionCommand).resolves({});
  ({ handleFailure: handle } = await import("../../../lambdas/healing/failure.js"));
  ({ redriveFailedRuns: redrive } = await import("../../../lambdas/healing/redrive.js"));
  store = new (await import("../../../lambdas/tasks/store.js")).TaskStore();
  const { connectGitHub } = await import("../../../lambdas/github/app.js");
  const module: { StatusComment: typeof StatusComment } = await import(
    "../../../lambdas/status/status-comment.js"
  );
  const app = await connectGitHub();
  say = (issue, status) =>
    new module.StatusComment(store, app, sourceOf(issue), "flow").say(status, {
      expression: "attribute_exists(#intent)",
    });
});
afterAll(async () => {
  await gitHub.close();
  await coder.close();
  await dynamoDb.close();
});

const keyOf = ({ repo, number }: Issue): TaskKey => ({ repositoryId: repo.id, work: String(number) });

function sourceOf({
  repo: { id, owner, name, private: isPrivate, installationId },
  number,
  title,
}: Issue): IssueSource {
  const url = `https://github.com/${owner.login}/${name}/issues/${number}`;
  const repository = { id, owner: owner.login, name, private: isPrivate };
  return { installation: installationId ?? 0, repository, issue: { number, title, url, comments: 0 } };
}

/** An issue with a running task, and its status comment. */
async function runningIssue(repo = "octo/app"): Promise<Issue> {
  const { issue } = await gitHub.openIssue({ repo, by: "mona", title: "It is broken", deliver: false });
  const intent = { intent: 1, intentDelivery: "wish", intentAt: "2026-01-01T00:00:00Z", wanted: true };
  const changes = { ...intent, source: sourceOf(issue) };
  await store.update(keyOf(issue), changes, { expression: "attribute_not_exists(#intent)" });
  await say(issue, { state: "created" });
  await say(issue, { state: "running" });
  return issue;
}

const inputs = {
  "create-task": (issue: Issue) => ({ event: { ...eventOf(issue), type: "task_requested" } as WorkEvent }),
  "delete-task": (issue: Issue) => ({
    event: { ...eventOf(issue), type: "task_closed", reason: "closed", agentAssigned: true } as WorkEvent,
  }),
  "drain-inbox": (issue: Issue) => ({ drain: keyOf(issue) }),
};

function eventOf(issue: Issue) {
  const sender = { id: 1, login: "mona", type: "User" };
  return { ...sourceOf(issue), delivery: "wish", at: "2026-01-01T00:00:00Z", sender };
}

interface Failure {
  flow?: keyof typeof inputs;
  error?: string;
  status?: ExecutionStatus;
  redriveCount?: number;
}

const nameOf = ({ repo, number }: Issue) => `run-${repo.name}-${number}`;

function fail(issue: Issue, { flow = "create-task", error, status = "FAILED", redriveCount = 0 }: Failure) {
  const name = nameOf(issue);
  stepFunctions.on(DescribeExecutionCommand).resolves({ redriveCount });
  const cause = error && JSON.stringify({ errorType: error, errorMessage: `Coder failed at ${secret}` });
  const run = { executionArn: `arn:execution:${name}`, name, status, error, cause, redriveCount };
  return handle(store, run, inputs[flow](issue));
}

/** The one status comment. */
function shown(issue: Issue): string {
  const [comment, ...others] = gitHub.commentsOn(issue);
  expect(others).toEqual([]);
  return comment?.body ?? "";
}

async function isRedriven(issue: Issue): Promise<boolean> {
  stepFunctions.resetHistory();
  await redrive({ early: true });
  const calls = stepFunctions.commandCalls(RedriveExecutionCommand);
  return calls.some(({ args: [{ input }] }) => input.executionArn === `arn:execution:${nameOf(issue)}`);
}

describe("a run that ends with", () => {
  test.each(kinds)(
    "%s is announced, redriven by the relay or an operator, and followed by the task's state, in one comment",
    async (error) => {
      const issue = await runningIssue();
      await fail(issue, { error });
      const first = shown(issue);
      expect(first).toContain("This has failed");
      expect(first).toContain(secret);
      expect(first).toContain(nameOf(issue));
      expect(first).toContain(
        byRelay(error) ? "The relay will retry it by itself" : "An operator can redrive",
      );
      expect(await isRedriven(issue)).toBe(byRelay(error));
      await say(issue, { state: "running" });
      expect(shown(issue)).toMatch(/runs|running/);
      expect(shown(issue)).not.toMatch(/failed|redrive/);

      await fail(issue, { error, redriveCount: 3 });
      expect(shown(issue)).toContain("An operator can redrive");
      expect(await isRedriven(issue)).toBe(false);
    },
  );
});

test.each(["create-task", "delete-task", "drain-inbox"] as const)(
  "a failure of %s is announced, without services' answers if everybody can read the comment",
  async (flow) => {
    for (const error of ["TransientError", "CoderUnauthorizedError", "TemplateNotFoundError", "TypeError"]) {
      const issue = await runningIssue("octo/open");
      await fail(issue, { flow, error });
      expect(shown(issue)).toContain("This has failed");
      expect(shown(issue)).not.toContain(secret);
    }
  },
);

test.each([
  ["ABORTED" as const, "An operator has stopped this run."],
  ["TIMED_OUT" as const, "The run ended as TIMED_OUT."],
])("a run that ends as %s without an error is left to operators", async (status, words) => {
  const issue = await runningIssue();
  await fail(issue, { status });
  expect(shown(issue)).toContain(words);
  expect(shown(issue)).toContain("An operator can redrive");
  expect(await isRedriven(issue)).toBe(false);
});

test("the failure of an older event changes nothing, because the comment belongs to the newer one", async () => {
  const issue = await runningIssue();
  await store.update(keyOf(issue), { intentDelivery: "newer" }, { expression: "attribute_exists(#intent)" });
  await fail(issue, { error: "TransientError" });
  expect(shown(issue)).not.toContain("failed");
  // It may still have to be done. The flow itself finds that out.
  expect(await isRedriven(issue)).toBe(true);
});
