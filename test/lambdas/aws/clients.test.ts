import { afterAll, afterEach, beforeAll, expect, jest, test } from "@jest/globals";
import type { Fault } from "../../../local/http/faults.js";
import { HttpServer } from "../../../local/http/http-server.js";

/** Answers the requests of all services as configured, so that the clients are tested over real HTTP. */
const server = new HttpServer();
const calls: Record<string, () => Promise<unknown>> = {};

beforeAll(async () => {
  // The SDK's back-off is a random fraction of a growing delay.
  jest.spyOn(Math, "random").mockReturnValue(0);
  const url = await server.listen();
  Object.assign(process.env, {
    AWS_REGION: "us-east-1",
    AWS_ACCESS_KEY_ID: "local",
    AWS_SECRET_ACCESS_KEY: "local",
    AWS_ENDPOINT_URL: url,
    TABLE_NAME: "relay",
    SCHEDULE_GROUP: "relay",
    SCHEDULE_ROLE_ARN: "arn:aws:iam::000000000000:role/scheduler",
    SCHEDULE_DEAD_LETTERS_ARN: "arn:aws:sqs:us-east-1:000000000000:dead-letters",
    CREATE_TASK_FLOW_ARN: "arn:aws:states:us-east-1:000000000000:stateMachine:create-task",
  });
  const { Table } = await import("../../../lambdas/aws/table.js");
  const { Secret } = await import("../../../lambdas/aws/secret.js");
  const { startExecution } = await import("../../../lambdas/aws/start-execution.js");
  const { RepositorySchedules } = await import("../../../lambdas/schedules/scheduler.js");
  const key = { pk: "task#1#1", sk: "record" };
  Object.assign(calls, {
    "DynamoDB's GetItem": () => new Table().get(key),
    "DynamoDB's Query": () => new Table().query("inbox#1#1", "input#"),
    "DynamoDB's UpdateItem": () => new Table().update(key, { wanted: true }),
    "Secrets Manager": () => new Secret("arn:aws:secretsmanager:us-east-1:000000000000:secret:x").value(),
    "Step Functions": () => startExecution("arn:aws:states:us-east-1:0:stateMachine:x", "x", {}),
    Scheduler: () => new RepositorySchedules(1).list(),
    "Scheduler's DeleteSchedule": () => new RepositorySchedules(1).remove("1.nightly"),
  } satisfies typeof calls);
});
afterEach(() => server.faults.clear());
afterAll(() => server.close());

const services = [
  "DynamoDB's GetItem",
  "DynamoDB's Query",
  "DynamoDB's UpdateItem",
  "Secrets Manager",
  "Step Functions",
  "Scheduler",
  "Scheduler's DeleteSchedule",
];

/** AWS's JSON protocols name an error in a header and in the body. */
const named = (status: number, name: string): Fault => ({
  status,
  body: { __type: name, message: "what the service says" },
  headers: { "x-amzn-errortype": name },
});

async function errorOf(service: string, fault: Fault): Promise<Error> {
  server.fail({ ...fault, times: Number.POSITIVE_INFINITY });
  const outcome = await calls[service]?.().catch((error: unknown) => error);
  if (!(outcome instanceof Error)) throw new Error(`${service} did not fail`);
  return outcome;
}

const troubles: [string, Fault][] = [
  ["500 InternalFailure", named(500, "InternalFailure")],
  ["500 under a name that nobody knows", named(500, "SomethingElseException")],
  ["503 ServiceUnavailable", named(503, "ServiceUnavailable")],
  ["503 without a name", { status: 503, body: "" }],
  [
    "502 of a proxy",
    { status: 502, body: "<html>Bad Gateway</html>", headers: { "content-type": "text/html" } },
  ],
  ["429", named(429, "TooManyRequestsException")],
  ["a throttle", named(400, "ThrottlingException")],
  ["a connection that is lost", { lose: "request" }],
];
test.each(troubles)("for every service, %s is a transient error", async (_, fault) => {
  const errors = await Promise.all(services.map((service) => errorOf(service, fault)));
  for (const { name, message } of errors) {
    expect([name, message]).toEqual([
      "TransientError",
      expect.stringMatching(/could not perform .+: .+retried/),
    ]);
  }
});

test.each(["ValidationException", "AccessDeniedException"])(
  "a refusal keeps its name: %s",
  async (refusal) => {
    const errors = await Promise.all(services.map((service) => errorOf(service, named(400, refusal))));
    expect(errors.map(({ name }) => name)).toEqual(services.map(() => refusal));
  },
);

test("too many executions at once are a transient error", async () => {
  const error = await errorOf("Step Functions", named(400, "ExecutionLimitExceeded"));
  expect(error.name).toBe("TransientError");
});

test("a conflicting change of a schedule is a transient error", async () => {
  const error = await errorOf("Scheduler's DeleteSchedule", named(409, "ConflictException"));
  expect(error.name).toBe("TransientError");
});

test("a request without an answer is aborted before the invocation ends", async () => {
  const { withBudget } = await import("../../../lambdas/runtime/budget.js");
  server.fail({ delayMs: 60_000, times: Number.POSITIVE_INFINITY });
  const handler = withBudget(() => calls["DynamoDB's GetItem"]?.() ?? Promise.resolve());
  await expect(handler(undefined, { getRemainingTimeInMillis: () => 1150 })).rejects.toMatchObject({
    name: "TransientError",
  });
});
