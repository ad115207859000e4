import { ArnFormat, Stack, Validations } from "aws-cdk-lib";
import {
  type ISecurityGroup,
  type ISubnet,
  type IVpc,
  SecurityGroup,
  Subnet,
  type SubnetSelection,
  Vpc,
} from "aws-cdk-lib/aws-ec2";
import { Effect, PolicyStatement, type Role } from "aws-cdk-lib/aws-iam";
import {
  Architecture,
  Code,
  type FunctionOptions,
  type ILayerVersion,
  LayerVersion,
  Runtime,
} from "aws-cdk-lib/aws-lambda";
import { Construct } from "constructs";
import type { ActionSpec } from "../definition/action-spec.js";
import type { Settings } from "../definition/settings.js";
import { certificateFile, folderOfCertificates } from "./certificates.js";

/** An existing VPC, and where the Lambdas are placed in it. */
export interface RelayNetwork {
  vpc: IVpc;
  /** Private subnets that reach GitHub, Coder and the AWS services: docs/deploy.md lists the endpoints. */
  vpcSubnets: SubnetSelection;
  /** They must allow outbound HTTPS and DNS. */
  securityGroups: ISecurityGroup[];
}

export interface OutboundProps {
  network: RelayNetwork | undefined;
  /** The path of a file of PEM certificates. */
  certificates: string | undefined;
}

/** How the Lambdas that call GitHub or Coder reach them: their VPC, and the private CAs that they trust. */
export class Outbound extends Construct {
  readonly #network: RelayNetwork | undefined;
  readonly #certificates: ILayerVersion | undefined;

  /** @throws {SettingsError} if the file holds no certificates. */
  constructor(scope: Construct, id: string, { network, certificates }: OutboundProps) {
    super(scope, id);
    this.#network = network;
    if (certificates !== undefined) {
      this.#certificates = new LayerVersion(this, "Certificates", {
        layerVersionName: `${Stack.of(this).stackName}-certificates`,
        description: "Certificates of private CAs",
        code: Code.fromAsset(folderOfCertificates(certificates)),
        compatibleRuntimes: [Runtime.NODEJS_24_X],
        compatibleArchitectures: [Architecture.ARM_64],
      });
    }
  }

  /** The options that a Lambda needs for this; none if it calls neither GitHub nor Coder. */
  options(spec: ActionSpec): Pick<FunctionOptions, "vpc" | "vpcSubnets" | "securityGroups" | "layers"> {
    if (!callsOut(spec)) return {};
    return { ...this.#network, ...(this.#certificates && { layers: [this.#certificates] }) };
  }

  /** The environment of a Lambda. Node.js adds the certificates to those that it trusts. */
  environment(spec: ActionSpec): Record<string, string> {
    if (!callsOut(spec) || !this.#certificates) return {};
    return { NODE_EXTRA_CA_CERTS: `/opt/${certificateFile}` };
  }

  /**
   * Lets Lambda, but not the function's own code, connect the function to the VPC:
   * https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html
   */
  grantConnect(role: Role, spec: ActionSpec, functionName: string): void {
    if (!this.#network || !callsOut(spec)) return;
    const actions = [
      "ec2:AssignPrivateIpAddresses",
      "ec2:CreateNetworkInterface",
      "ec2:DeleteNetworkInterface",
      "ec2:DescribeNetworkInterfaces",
      "ec2:DescribeSubnets",
      "ec2:UnassignPrivateIpAddresses",
    ];
    const ownArn = Stack.of(this).formatArn({
      service: "lambda",
      resource: "function",
      resourceName: functionName,
      arnFormat: ArnFormat.COLON_RESOURCE_NAME,
    });
    role.addToPolicy(new PolicyStatement({ actions, resources: ["*"] }));
    role.addToPolicy(
      new PolicyStatement({
        effect: Effect.DENY,
        actions,
        resources: ["*"],
        conditions: { ArnEquals: { "lambda:SourceFunctionArn": ownArn } },
      }),
    );
  }
}

function callsOut({ secrets }: ActionSpec): boolean {
  return secrets.includes("githubApp") || secrets.includes("coderToken");
}

/** The network in the settings, if there is one. */
export function importNetwork(scope: Construct, settings: Settings): RelayNetwork | undefined {
  const { VPC_ID: vpcId, SUBNET_IDS: subnets, SECURITY_GROUP_IDS: groups } = settings;
  if (!vpcId || !subnets || !groups) return undefined;
  return {
    // The CDK requires a zone, but uses it only if the subnets aren't listed one by one.
    vpc: Vpc.fromVpcAttributes(scope, "Vpc", { vpcId, availabilityZones: ["unknown"] }),
    vpcSubnets: { subnets: subnets.split(",").map((id) => importSubnet(scope, id)) },
    securityGroups: groups
      .split(",")
      .map((id) => SecurityGroup.fromSecurityGroupId(scope, id, id, { mutable: false })),
  };
}

function importSubnet(scope: Construct, id: string): ISubnet {
  const subnet = Subnet.fromSubnetId(scope, id, id);
  Validations.of(subnet).acknowledge({
    id: "Annotation::@aws-cdk/aws-ec2:noSubnetRouteTableId",
    reason: "Only the subnet's id is used, and nothing is added to its routes.",
  });
  return subnet;
}
