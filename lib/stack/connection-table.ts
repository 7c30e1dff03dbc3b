import { RemovalPolicy } from 'aws-cdk-lib';
import { AttributeType, Billing, TableEncryptionV2, TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import { Construct } from 'constructs';
import { table } from '../config/table.ts';

export interface ConnectionTableProps {
  tableName: string;
  /** Keep the table when the stack goes, and refuse to delete it by hand. */
  retain: boolean;
}

/** The one table: connections and memberships. */
export class ConnectionTable extends Construct {
  readonly table: TableV2;

  constructor(scope: Construct, id: string, { tableName, retain }: ConnectionTableProps) {
    super(scope, id);
    this.table = new TableV2(this, 'Table', {
      tableName,
      partitionKey: { name: table.partitionKey, type: AttributeType.STRING },
      sortKey: { name: table.sortKey, type: AttributeType.STRING },
      timeToLiveAttribute: table.timeToLiveAttribute,
      // A room fills within seconds of a game's start: nobody can provision for that.
      billing: Billing.onDemand(),
      encryption: TableEncryptionV2.awsManagedKey(),
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      deletionProtection: retain,
      removalPolicy: retain ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
    });
  }
}
