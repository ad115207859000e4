import { RemovalPolicy } from "aws-cdk-lib";
import { AttributeType, Billing, TableEncryptionV2, TableV2 } from "aws-cdk-lib/aws-dynamodb";
import { type IGrantable, PolicyStatement } from "aws-cdk-lib/aws-iam";
import { Construct } from "constructs";
import type { TableRight } from "../definition/action-spec.js";

const actionOf: Record<TableRight, string> = {
  get: "dynamodb:GetItem",
  query: "dynamodb:Query",
  update: "dynamodb:UpdateItem",
  delete: "dynamodb:DeleteItem",
};

/** The one table: the records of tasks, and the inputs that wait in their inboxes. */
export class Storage extends Construct {
  readonly table: TableV2;

  constructor(scope: Construct, id: string) {
    super(scope, id);
    this.table = new TableV2(this, "Table", {
      partitionKey: { name: "pk", type: AttributeType.STRING },
      sortKey: { name: "sk", type: AttributeType.STRING },
      billing: Billing.onDemand(),
      encryption: TableEncryptionV2.awsManagedKey(),
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      timeToLiveAttribute: "expiresAt",
      // Tasks outlive the stack, and without these records the relay no longer knows which task belongs to which work.
      deletionProtection: true,
      removalPolicy: RemovalPolicy.RETAIN,
    });
  }

  /**
   * Gives rights on the items whose partition key starts with `<prefix>#`. No scan and no batch: every action
   * granted here names its partition key, so the condition applies to it:
   * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/specifying-conditions.html
   */
  grantItems(grantee: IGrantable, prefix: string, rights: readonly TableRight[]): void {
    grantee.grantPrincipal.addToPrincipalPolicy(
      new PolicyStatement({
        actions: rights.map((right) => actionOf[right]),
        resources: [this.table.tableArn],
        conditions: { "ForAllValues:StringLike": { "dynamodb:LeadingKeys": [`${prefix}#*`] } },
      }),
    );
  }
}
