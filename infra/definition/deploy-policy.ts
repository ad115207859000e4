/**
 * The IAM policies with the rights that a deployment needs, printed by `npm run relay -- policy`. As far as AWS allows,
 * they cover only the resources of one stack, whose names begin with the stack's name.
 */

export interface Place {
  stackName: string;
  /** Twelve digits. */
  account: string;
  region: string;
  partition: string;
}

export interface Statement {
  Sid: string;
  Effect: "Allow";
  Action: string[];
  Resource: string[];
  Condition?: Record<string, Record<string, string | string[]>>;
}

export interface Policy {
  Version: "2012-10-17";
  Statement: object[];
}

/** The CDK's default. The names of the bootstrapped roles and the bucket contain it. */
export const defaultQualifier = "hnb659fds";

/**
 * The issuer of GitHub Actions' tokens:
 * https://docs.github.com/actions/how-tos/secure-your-work/security-harden-deployments/oidc-in-aws
 */
const issuer = "token.actions.githubusercontent.com";

/** The types of the stack's resources, and the statements of `resourceStatements` that cover them. */
export const coveredTypes: Readonly<Record<string, string>> = {
  "AWS::ApiGatewayV2::Api": "Api",
  "AWS::ApiGatewayV2::Integration": "Api",
  "AWS::ApiGatewayV2::Route": "Api",
  "AWS::ApiGatewayV2::Stage": "Api",
  "AWS::CloudWatch::Alarm": "Named",
  "AWS::CloudWatch::Dashboard": "Named",
  "AWS::DynamoDB::GlobalTable": "Named",
  "AWS::Events::Rule": "Named",
  "AWS::IAM::Policy": "Roles",
  "AWS::IAM::Role": "Roles",
  "AWS::Lambda::EventInvokeConfig": "Named",
  "AWS::Lambda::Function": "Named",
  "AWS::Lambda::LayerVersion": "Named",
  "AWS::Lambda::Permission": "Named",
  "AWS::Logs::LogGroup": "Named",
  "AWS::Logs::MetricFilter": "Named",
  "AWS::Scheduler::Schedule": "Named",
  "AWS::Scheduler::ScheduleGroup": "Named",
  "AWS::SNS::Subscription": "Named",
  "AWS::SNS::Topic": "Named",
  "AWS::SNS::TopicPolicy": "Named",
  "AWS::SQS::Queue": "Named",
  "AWS::SQS::QueuePolicy": "Named",
  "AWS::SecretsManager::Secret": "Secrets",
  "AWS::StepFunctions::StateMachine": "Named",
};

/**
 * For the role with which CloudFormation creates the stack's resources: pass it to `cdk bootstrap
 * --cloudformation-execution-policies` instead of AdministratorAccess.
 */
export function executionPolicy(place: Place, qualifier = defaultQualifier): Policy {
  return { Version: "2012-10-17", Statement: resourceStatements(place, qualifier) };
}

export function resourceStatements(place: Place, qualifier: string): Statement[] {
  const { stackName, account, region, partition } = place;
  const arn = (service: string, resource: string) =>
    `arn:${partition}:${service}:${region}:${account}:${resource}`;
  const allow = (Sid: string, Action: string[], Resource: string[]): Statement => ({
    Sid,
    Effect: "Allow",
    Action,
    Resource,
  });
  const named = `${stackName}-*`;
  // The names of roles and rules have at most 64 characters, so CloudFormation may truncate the stack's name in them.
  const truncated = `${stackName.slice(0, 24)}*`;
  const role = `arn:${partition}:iam::${account}:role/${truncated}`;
  return [
    allow(
      "Named",
      ["lambda", "states", "logs", "dynamodb", "events", "scheduler", "sns", "sqs", "cloudwatch"].map(
        (service) => `${service}:*`,
      ),
      [
        arn("lambda", `function:${named}`),
        arn("lambda", `layer:${named}`),
        arn("states", `stateMachine:${named}`),
        arn("logs", `log-group:/aws/lambda/${named}`),
        arn("logs", `log-group:/aws/vendedlogs/states/${named}`),
        arn("logs", `log-group:/aws/vendedlogs/apigateway/${named}`),
        arn("dynamodb", `table/${named}`),
        arn("events", `rule/${truncated}`),
        arn("scheduler", `schedule-group/${stackName}*`),
        arn("scheduler", `schedule/${stackName}*/*`),
        arn("sns", named),
        arn("sqs", named),
        arn("cloudwatch", `alarm:${named}`),
        `arn:${partition}:cloudwatch::${account}:dashboard/${stackName}`,
      ],
    ),
    // CloudFormation names secrets only after their logical ids.
    allow("Secrets", ["secretsmanager:*"], [arn("secretsmanager", "secret:*Secrets*")]),
    allow("RandomPassword", ["secretsmanager:GetRandomPassword"], ["*"]),
    allow(
      "Roles",
      [
        "iam:CreateRole",
        "iam:DeleteRole",
        "iam:GetRole",
        "iam:UpdateRole",
        "iam:UpdateRoleDescription",
        "iam:UpdateAssumeRolePolicy",
        "iam:*RolePolicy",
        "iam:ListRolePolicies",
        "iam:ListAttachedRolePolicies",
        "iam:TagRole",
        "iam:UntagRole",
      ],
      [role],
    ),
    {
      ...allow("PassRoles", ["iam:PassRole"], [role]),
      Condition: {
        StringEquals: {
          "iam:PassedToService": ["lambda", "states", "scheduler"].map((name) => `${name}.amazonaws.com`),
        },
      },
    },
    // An API's id is random, so it can't be named here.
    allow("Api", ["apigateway:*"], [`arn:${partition}:apigateway:${region}::/*`]),
    // These can't be limited to a resource.
    allow(
      "LogDelivery",
      [
        "logs:*LogDelivery",
        "logs:ListLogDeliveries",
        "logs:PutResourcePolicy",
        "logs:DescribeResourcePolicies",
        "logs:DescribeLogGroups",
      ],
      ["*"],
    ),
    allow("Vpc", ["ec2:DescribeVpcs", "ec2:DescribeSubnets", "ec2:DescribeSecurityGroups"], ["*"]),
    allow("Validate", ["states:ValidateStateMachineDefinition", "lambda:ListTags"], ["*"]),
    allow(
      "Assets",
      ["s3:GetObject"],
      [`arn:${partition}:s3:::cdk-${qualifier}-assets-${account}-${region}/*`],
    ),
    allow("Bootstrap", ["ssm:GetParameters"], [arn("ssm", `parameter/cdk-bootstrap/${qualifier}/version`)]),
  ];
}

/** For the role of GitHub Actions, which may only assume the CDK's roles and read the stack's outputs. */
export function pipelinePolicy(place: Place, qualifier = defaultQualifier): Policy {
  const { stackName, account, region, partition } = place;
  const roles = ["deploy", "file-publishing", "lookup"].map(
    (kind) => `arn:${partition}:iam::${account}:role/cdk-${qualifier}-${kind}-role-${account}-${region}`,
  );
  return {
    Version: "2012-10-17",
    Statement: [
      { Sid: "AssumeCdkRoles", Effect: "Allow", Action: ["sts:AssumeRole"], Resource: roles },
      {
        Sid: "ReadStack",
        Effect: "Allow",
        Action: ["cloudformation:DescribeStacks"],
        Resource: [`arn:${partition}:cloudformation:${region}:${account}:stack/${stackName}/*`],
      },
    ],
  };
}

/** The trust policy of that role: workflows in one environment of one repository may assume it. */
export function pipelineTrust(
  { account, partition }: Pick<Place, "account" | "partition">,
  repository: string,
  environment: string,
): Policy {
  return {
    Version: "2012-10-17",
    Statement: [
      {
        Effect: "Allow",
        Principal: { Federated: `arn:${partition}:iam::${account}:oidc-provider/${issuer}` },
        Action: "sts:AssumeRoleWithWebIdentity",
        Condition: {
          StringEquals: {
            [`${issuer}:aud`]: "sts.amazonaws.com",
            [`${issuer}:sub`]: `repo:${repository}:environment:${environment}`,
          },
        },
      },
    ],
  };
}
