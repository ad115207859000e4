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

/** The table with all records and inboxes. */
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
      // Tasks outlive the stack. Without these records, the relay would no longer know which task belongs to which work.
      deletionProtection: true,
      removalPolicy: RemovalPolicy.RETAIN,
    });
  }

  /**
   * Grants rights on the items whose partition key starts with `<prefix>#`. The condition works because every action
   * granted here names its partition key; scans and batches are not granted:
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
