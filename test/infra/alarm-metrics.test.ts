import { afterAll, expect, jest, test } from "@jest/globals";
import type { MetricName } from "../../lambdas/model/metric.js";
import { metricsIn } from "../../local/lambda-host/metrics.js";
import { createStack, resourcesOf, templateOf, textOf } from "./template.js";

/** Each alarm must read a metric that something writes. With a wrong name or dimension, it would never fire. */

const template = templateOf(createStack().stack);
const alarms = [...resourcesOf(template, "AWS::CloudWatch::Alarm")].map(
  ([id, { Properties }]) => [id.replace("Observability", ""), Properties] as const,
);

interface Read {
  Namespace: string;
  MetricName: string;
  Dimensions?: { Name: string; Value: unknown }[];
}

/** The metrics that an alarm reads, with the logical ids of the resources that their dimensions name. */
function metricsOf(properties: Record<string, unknown>) {
  const read = Array.isArray(properties.Metrics)
    ? properties.Metrics.flatMap(({ MetricStat }) => (MetricStat ? [MetricStat.Metric as Read] : []))
    : [properties as unknown as Read];
  return read.map(({ Namespace, MetricName, Dimensions = [] }) => ({
    metric: `${Namespace} ${MetricName}`,
    dimensions: Object.fromEntries(Dimensions.map(({ Name, Value }) => [Name, textOf(Value)])),
  }));
}

const read = (id: string) => metricsOf(alarms.find(([name]) => name === id)?.[1] ?? {});

/** The metrics namespace in the Lambdas' environment. */
const namespaces = [...resourcesOf(template, "AWS::Lambda::Function").values()].flatMap(({ Properties }) => {
  const { Variables } = Object(Properties.Environment) as { Variables?: Record<string, string> };
  return Variables?.POWERTOOLS_METRICS_NAMESPACE ?? [];
});

const lines: string[] = [];
Object.assign(process.env, {
  POWERTOOLS_DEV: "true",
  POWERTOOLS_METRICS_DISABLED: "false",
  POWERTOOLS_METRICS_NAMESPACE: namespaces[0],
});
jest.spyOn(console, "log").mockImplementation((line) => {
  lines.push(line);
});
afterAll(() => {
  jest.restoreAllMocks();
});

test.each([
  ["InputsUnsent", "UnsentInputAge"],
  ["CredentialsRefused", "RefusedCredentials"],
  ["DeliveriesLost", "LostDeliveries"],
  ["DeliveriesGivenUp", "DeliveriesGivenUp"],
] as const)(
  "%s reads what the Lambdas measure as %s",
  async (id, name: Exclude<MetricName, "CoderErrors">) => {
    const { measure } = await import("../../lambdas/runtime/metrics.js");
    lines.length = 0;
    measure(name, 1);
    const written = lines.flatMap(metricsIn);
    expect(new Set(namespaces)).toEqual(new Set(["coder-task-relay"]));
    expect(read(id)).toEqual(
      written.map(({ namespace, dimensions }) => ({ metric: `${namespace} ${name}`, dimensions })),
    );
  },
);

test.each([
  ["BadSignatures", "BadSignatures"],
  ["PreviousSecretUsed", "PreviousSecretUses"],
])("%s reads what a filter counts in the webhook's log as %s", (id, name) => {
  const filters = [...resourcesOf(template, "AWS::Logs::MetricFilter").values()];
  const counted = filters
    .flatMap(({ Properties }) => Properties.MetricTransformations as Record<string, unknown>[])
    .filter(({ MetricName }) => MetricName === name);
  expect(counted).toEqual([{ MetricName: name, MetricNamespace: "coder-task-relay", MetricValue: "1" }]);
  expect(read(id)).toEqual([{ metric: `coder-task-relay ${name}`, dimensions: {} }]);
});

// https://docs.aws.amazon.com/scheduler/latest/UserGuide/monitoring-cloudwatch.html and the pages of the other services
const ofGroups = (name: string) =>
  ["coder-task-relay", "coder-task-relay-recurring"].map((ScheduleGroup) => ({
    metric: `AWS/Scheduler ${name}`,
    dimensions: { ScheduleGroup },
  }));
const ofQueue = (id: string) => [
  {
    metric: "AWS/SQS ApproximateNumberOfMessagesVisible",
    dimensions: { QueueName: expect.stringContaining(id) },
  },
];
test.each([
  ["ScheduledCallsDropped", ofGroups("InvocationDroppedCount")],
  ["ScheduledCallsFailing", ofGroups("TargetErrorCount")],
  ["DeadLetters", ofQueue("DeadLetters")],
  ["FailuresUnreported", ofQueue("Unreported")],
  [
    "WebhookErrors",
    [{ metric: "AWS/Lambda Errors", dimensions: { FunctionName: expect.stringContaining("Webhook") } }],
  ],
  ["WebhookServerErrors", [{ metric: "AWS/ApiGateway 5xx", dimensions: { ApiId: expect.any(String) } }]],
])("%s reads what AWS measures", (id, metrics) => {
  expect(read(id)).toEqual(metrics);
});

test("no alarm is left out here except those on executions, which test/infra/stack.test.ts tests", () => {
  const others = alarms.filter(
    ([, properties]) => !metricsOf(properties)[0]?.metric.startsWith("AWS/States"),
  );
  expect(others).toHaveLength(12);
});
