import { Aws, type Stack } from "aws-cdk-lib";

/** The part of a finding's id that names a resource of this account: `[Resource::arn:…]`. */
export function resourceInFinding(stack: Stack, service: string, resource: string): string {
  const { partition, region, account } = stack;
  const place = [partition, service, region, account].map(asInFindings).join(":");
  return `[Resource::arn:${place}:${resource}]`;
}

/** cdk-nag writes the region's name if it is known before the deployment, and `<AWS::Region>` otherwise. */
function asInFindings(part: string): string {
  const pseudo = { [Aws.PARTITION]: "Partition", [Aws.REGION]: "Region", [Aws.ACCOUNT_ID]: "AccountId" }[
    part
  ];
  return pseudo ? `<AWS::${pseudo}>` : part;
}
