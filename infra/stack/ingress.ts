import { CfnOutput, RemovalPolicy, Stack, Validations } from "aws-cdk-lib";
import { AccessLogFormat } from "aws-cdk-lib/aws-apigateway";
import {
  type CfnStage,
  HttpApi,
  HttpMethod,
  HttpStage,
  LogGroupLogDestination,
} from "aws-cdk-lib/aws-apigatewayv2";
import { HttpLambdaIntegration } from "aws-cdk-lib/aws-apigatewayv2-integrations";
import type { IFunction } from "aws-cdk-lib/aws-lambda";
import { LogGroup, type RetentionDays } from "aws-cdk-lib/aws-logs";
import { Construct } from "constructs";

export interface IngressProps {
  webhook: IFunction;
  logRetention: RetentionDays;
}

/** Has neither headers nor bodies, because signatures and the text of private issues must not be in an access log. */
const accessLogFormat = AccessLogFormat.custom(
  JSON.stringify({
    requestId: "$context.requestId",
    time: "$context.requestTime",
    ip: "$context.identity.sourceIp",
    method: "$context.httpMethod",
    path: "$context.path",
    route: "$context.routeKey",
    status: "$context.status",
    responseBytes: "$context.responseLength",
    responseMs: "$context.responseLatency",
    integrationStatus: "$context.integrationStatus",
    integrationError: "$context.integrationErrorMessage",
  }),
);

/**
 * Requests per second, and the burst. Each path has its own limit, so calls to the public paths can't use up the
 * webhooks' limit. The webhooks' limit is far above an organization's event rate, because GitHub does not redeliver a
 * rejected webhook by itself. It only limits the cost of a flood.
 */
const throttles = {
  "/webhooks/github": { ThrottlingRateLimit: 100, ThrottlingBurstLimit: 200 },
  "/healthz": { ThrottlingRateLimit: 5, ThrottlingBurstLimit: 10 },
  "/schema.json": { ThrottlingRateLimit: 5, ThrottlingBurstLimit: 10 },
};

/** The HTTP API that receives GitHub's webhooks. */
export class Ingress extends Construct {
  readonly api: HttpApi;

  constructor(scope: Construct, id: string, props: IngressProps) {
    super(scope, id);
    const apiName = `${Stack.of(this).stackName}-ingress`;
    this.api = new HttpApi(this, "Api", {
      apiName,
      description: "Receives GitHub webhooks",
      createDefaultStage: false,
    });
    const logGroup = new LogGroup(this, "AccessLogs", {
      // The prefix keeps the account's log resource policy below its limit of 5,120 characters:
      // https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/AWS-logs-and-resource-policy.html
      logGroupName: `/aws/vendedlogs/apigateway/${apiName}`,
      retention: props.logRetention,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    const stage = new HttpStage(this, "Stage", {
      httpApi: this.api,
      stageName: "$default",
      autoDeploy: true,
      throttle: { rateLimit: 100, burstLimit: 200 },
      accessLogSettings: { destination: new LogGroupLogDestination(logGroup), format: accessLogFormat },
    });

    const integration = new HttpLambdaIntegration("Webhook", props.webhook);
    for (const path of Object.keys(throttles)) {
      // Route all methods: the Lambda itself answers with a 405, as it does on one machine.
      const routes = this.api.addRoutes({ path, methods: [HttpMethod.ANY], integration });
      // CloudFormation accepts a route's limits only after the route exists.
      stage.node.addDependency(...routes);
      for (const route of routes) {
        Validations.of(route).acknowledge({
          id: "AwsSolutions-APIG4",
          reason:
            "GitHub cannot sign AWS requests or obtain a token for an authorizer: it authenticates each webhook with an HMAC-SHA256 signature over the raw body, which an API Gateway authorizer does not receive. The Lambda verifies it in constant time before it reads anything else. /healthz reveals nothing and calls no service. /schema.json is public: editors read it without credentials, and it contains nothing about the deployment except its own URL.",
        });
      }
    }
    // The CDK passes this on as JSON, so use CloudFormation's names.
    (stage.node.defaultChild as CfnStage).routeSettings = Object.fromEntries(
      Object.entries(throttles).map(([path, throttle]) => [`ANY ${path}`, throttle]),
    );
    new CfnOutput(Stack.of(this), "WebhookUrl", {
      value: `${this.api.apiEndpoint}/webhooks/github`,
      description: "Enter this as the webhook URL of your GitHub App, with content type application/json.",
    });
    new CfnOutput(Stack.of(this), "SchemaUrl", {
      value: `${this.api.apiEndpoint}/schema.json`,
      description:
        "JSON Schema of .code-factory/config.toml: put #:schema and this URL on the file's first line.",
    });
  }
}
