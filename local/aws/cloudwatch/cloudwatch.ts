import { z } from "zod";
import { serveAwsJson } from "../protocol/aws-json.js";
import { Endpoint } from "../protocol/endpoint.js";
import { type Credentials, exampleCredentials } from "../protocol/signature.js";

/** A metric, as CloudWatch names it. */
export interface Metric {
  Namespace: string;
  MetricName: string;
  Dimensions: { Name: string; Value: string }[];
}

export interface CloudWatchOptions {
  /** Requests that aren't signed with them are refused. */
  credentials?: Credentials;
  /** When the executions of a state machine were started, for the metric `ExecutionsStarted`. */
  starts: (stateMachineArn: string) => Date[];
}

const text = z.string().min(1).max(255);
const metricSchema = z.object({
  Namespace: text,
  MetricName: text,
  Dimensions: z
    .array(z.object({ Name: text, Value: z.string().min(1).max(1024) }))
    .max(30)
    .default([]),
});
const GetMetricDataInput = z.object({
  StartTime: z.number(),
  EndTime: z.number(),
  MetricDataQueries: z
    .array(
      z.object({
        Id: z.string().regex(/^[a-z]\w*$/),
        MetricStat: z.object({
          Metric: metricSchema,
          Period: z.number().int().multipleOf(60),
          Stat: z.literal("Sum", { error: "the local endpoint knows only the statistic Sum" }),
        }),
      }),
    )
    .max(500),
});

const minuteMs = 60_000;

/**
 * A local CloudWatch for the queries of operators: sums of what AWS's own services have counted since the system started.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricData.html
 */
export class CloudWatch extends Endpoint {
  /** By metric and start of the minute. */
  readonly #sums = new Map<string, Map<number, number>>();
  readonly #starts: CloudWatchOptions["starts"];

  constructor({ credentials = exampleCredentials, starts }: CloudWatchOptions) {
    super();
    this.#starts = starts;
    serveAwsJson(this.server, {
      target: "GraniteServiceVersion20100801",
      version: "1.0",
      signingName: "monitoring",
      credentials,
      operations: { GetMetricData: (input) => this.#getMetricData(GetMetricDataInput.parse(input)) },
    });
  }

  /** Counts a value of a metric. */
  count(metric: Metric, value: number): void {
    const key = keyOf(metric);
    const sums = this.#sums.get(key) ?? new Map<number, number>();
    this.#sums.set(key, sums);
    addTo(sums, startOf(Date.now(), minuteMs), value);
  }

  #getMetricData({ StartTime, EndTime, MetricDataQueries }: z.infer<typeof GetMetricDataInput>): object {
    const results = MetricDataQueries.map(({ Id, MetricStat: { Metric, Period } }) => {
      const sums = new Map<number, number>();
      for (const [at, value] of this.#valuesOf(Metric)) {
        const isAsked = at >= startOf(StartTime * 1000, minuteMs) && at < EndTime * 1000;
        if (isAsked) addTo(sums, startOf(at, Period * 1000), value);
      }
      const newestFirst = [...sums].sort(([a], [b]) => b - a);
      const Timestamps = newestFirst.map(([at]) => at / 1000);
      const Values = newestFirst.map(([, value]) => value);
      return { Id, Label: Metric.MetricName, Timestamps, Values, StatusCode: "Complete" };
    });
    return { MetricDataResults: results };
  }

  #valuesOf(metric: Metric): Iterable<[at: number, value: number]> {
    const { MetricName, Dimensions } = metric;
    if (MetricName !== "ExecutionsStarted") return this.#sums.get(keyOf(metric)) ?? [];
    return this.#starts(Dimensions[0]?.Value ?? "").map((at): [number, number] => [at.getTime(), 1]);
  }
}

function keyOf({ Namespace, MetricName, Dimensions }: Metric): string {
  return [Namespace, MetricName, ...Dimensions.map(({ Name, Value }) => `${Name}=${Value}`)].join(" ");
}

function addTo(sums: Map<number, number>, at: number, value: number): void {
  sums.set(at, (sums.get(at) ?? 0) + value);
}

/** The start of the period that contains a time. */
function startOf(at: number, periodMs: number): number {
  return Math.floor(at / periodMs) * periodMs;
}
