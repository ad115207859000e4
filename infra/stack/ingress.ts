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

/** Neither headers nor bodies: a signature or a private issue has no business in an access log. */
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
 * Each path has a limit of its own, so that what anybody may call cannot use up the webhooks'. That one is far above
 * what an organization's events come to, and far below what a flood could cost: GitHub does not deliver a refused
 * webhook again by itself, so the limit is not for everyday use. Requests each second, and at once.
 */
const throttles = {
  "/webhooks/github": { ThrottlingRateLimit: 100, ThrottlingBurstLimit: 200 },
  "/healthz": { ThrottlingRateLimit: 5, ThrottlingBurstLimit: 10 },
  "/schema.json": { ThrottlingRateLimit: 5, ThrottlingBurstLimit: 10 },
};

/** The HTTP API that GitHub talks to. */
export class Ingress extends Construct {
  readonly api: HttpApi;

  constructor(scope: Construct, id: string, props: IngressProps) {
    super(scope, id);
    const apiName = `${Stack.of(this).stackName}-ingress`;
    this.api = new HttpApi(this, "Api", {
      apiName,
      description: "Takes in GitHub webhooks",
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
      // Any method: the Lambda answers 405 itself, as it does on one machine.
      const routes = this.api.addRoutes({ path, methods: [HttpMethod.ANY], integration });
      // CloudFormation knows a route's limits only once there is the route.
      stage.node.addDependency(...routes);
      for (const route of routes) {
        Validations.of(route).acknowledge({
          id: "AwsSolutions-APIG4",
          reason:
            "GitHub cannot sign AWS requests or obtain a token for an authorizer: it authenticates each webhook by an HMAC-SHA256 signature over the raw body, which an API Gateway authorizer does not get to see. The Lambda verifies it before it reads anything else, in constant time. /healthz tells nothing and touches nothing. /schema.json is public: editors read it without credentials, and it holds nothing of the deployment but its own URL.",
        });
      }
    }
    // JSON to the CDK: the names are CloudFormation's.
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
