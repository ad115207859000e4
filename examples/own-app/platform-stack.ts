import { CfnOutput, Stack, type StackProps } from "aws-cdk-lib";
import { Alarm } from "aws-cdk-lib/aws-cloudwatch";
import { SecurityGroup, SubnetType, Vpc } from "aws-cdk-lib/aws-ec2";
import type { IFunction } from "aws-cdk-lib/aws-lambda";
import { Code } from "aws-cdk-lib/aws-lambda";
import { LambdaSubscription } from "aws-cdk-lib/aws-sns-subscriptions";
import { CoderTaskRelay } from "coder-task-relay";
import type { Construct } from "constructs";

export interface PlatformStackProps extends StackProps {
  /** The folder that `bundleLambdas` wrote. */
  lambdas: string;
  /** Posts failures to the team's chat. */
  tellTheTeam?: IFunction;
}

/** A relay beside the team's own resources: in their VPC, with their alarms. */
export class PlatformStack extends Stack {
  constructor(scope: Construct, id: string, { lambdas, tellTheTeam, ...props }: PlatformStackProps) {
    super(scope, id, props);
    const vpc = Vpc.fromVpcAttributes(this, "Vpc", {
      vpcId: "vpc-0a1b2c3d4e5f67890",
      availabilityZones: ["eu-central-1a", "eu-central-1b"],
      privateSubnetIds: ["subnet-0a1b2c3d4e5f67890", "subnet-1a2b3c4d5e6f78901"],
    });
    const relay = new CoderTaskRelay(this, "Relay", {
      settings: {
        CODER_URL: "https://coder.example.com",
        AGENT_GITHUB_USERNAME: "coder-agent",
        CODER_BACKEND: "chats",
        LOG_RETENTION_DAYS: 90,
      },
      lambdaCode: (name) => Code.fromAsset(`${lambdas}/${name}`),
      network: {
        vpc,
        vpcSubnets: { subnetType: SubnetType.PRIVATE_WITH_EGRESS },
        securityGroups: [new SecurityGroup(this, "RelayOutbound", { vpc })],
      },
    });
    if (tellTheTeam) relay.failures.addSubscription(new LambdaSubscription(tellTheTeam));
    new Alarm(this, "ManyTasks", {
      metric: relay.stateMachines["create-task"].metricStarted(),
      threshold: 50,
      evaluationPeriods: 1,
      alarmDescription: "More than 50 tasks were started within five minutes.",
    });
    new CfnOutput(this, "RelayApi", { value: relay.api.apiEndpoint });
  }
}
