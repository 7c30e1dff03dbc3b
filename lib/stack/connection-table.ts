import { RemovalPolicy } from 'aws-cdk-lib';
import {
  AttributeType,
  Billing,
  type CfnGlobalTable,
  TableEncryptionV2,
  TableV2,
} from 'aws-cdk-lib/aws-dynamodb';
import { Construct } from 'constructs';
import type { Settings } from '../config/read-settings.ts';
import { table } from '../config/table.ts';

interface ConnectionTableProps {
  /** `retain`: the table stays when the stack goes or replaces it, and refuses to be deleted by hand. */
  removalPolicy: Settings['removalPolicy'];
  /** KMS key that encrypts it. Without one DynamoDB uses a key of its own, which costs nothing and cannot be lost. */
  keyArn?: string;
}

/**
 * The one table: connections, memberships and the logs of the rooms. CloudFormation names it: a table that was kept has
 * a name that no later stack wants, so the deploy after a failed or deleted one does not end with "already exists".
 */
export class ConnectionTable extends Construct {
  readonly table: TableV2;

  constructor(scope: Construct, id: string, { removalPolicy, keyArn }: ConnectionTableProps) {
    super(scope, id);
    const retain = removalPolicy === 'retain';
    this.table = new TableV2(this, 'Table', {
      partitionKey: { name: table.partitionKey, type: AttributeType.STRING },
      sortKey: { name: table.sortKey, type: AttributeType.STRING },
      timeToLiveAttribute: table.timeToLiveAttribute,
      // A room fills within seconds of a game's start: nobody can provision for that.
      billing: Billing.onDemand(),
      encryption: TableEncryptionV2.dynamoOwnedKey(),
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      deletionProtection: retain,
      removalPolicy: retain ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
    });
    if (keyArn !== undefined) this.encryptWith(keyArn);
  }

  // Not TableEncryptionV2.customerManagedKey: it throws in a stack that is not told its region, which none is here.
  private encryptWith(keyArn: string): void {
    const cfnTable = this.table.node.defaultChild as CfnGlobalTable;
    cfnTable.sseSpecification = { sseEnabled: true, sseType: 'KMS' };
    cfnTable.addPropertyOverride('Replicas.0.SSESpecification', { KMSMasterKeyId: keyArn });
  }
}
