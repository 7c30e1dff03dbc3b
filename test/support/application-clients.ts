import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { SQSClient } from '@aws-sdk/client-sqs';
import { DynamoDBDocumentClient, paginateScan } from '@aws-sdk/lib-dynamodb';
import { LOCAL_NAME } from '../../lib/config/local-stack.ts';

/** AWS clients as an application makes them: nothing but the endpoint, a region and dummy credentials. */
export function applicationClients(endpoint: string) {
  const config = {
    endpoint,
    region: 'eu-west-1',
    credentials: { accessKeyId: 'any', secretAccessKey: 'any' },
  };
  const eventBridge = new EventBridgeClient(config);
  const dynamoDb = new DynamoDBClient(config);
  return {
    config,
    eventBridge,
    dynamoDb,
    sqs: new SQSClient(config),
    /** Puts one event as a service would. */
    async publish(type: string, detail: object): Promise<void> {
      const entry = { EventBusName: LOCAL_NAME, Source: 'trade-room.orders', DetailType: type };
      const command = new PutEventsCommand({ Entries: [{ ...entry, Detail: JSON.stringify(detail) }] });
      const { FailedEntryCount: failed, Entries: entries } = await eventBridge.send(command);
      if (failed !== 0) throw new Error(`not accepted: ${JSON.stringify(entries)}`);
    },
    async scan(TableName: string): Promise<Record<string, unknown>[]> {
      const rows: Record<string, unknown>[] = [];
      const client = DynamoDBDocumentClient.from(dynamoDb);
      for await (const page of paginateScan({ client }, { TableName })) rows.push(...(page.Items ?? []));
      return rows;
    },
  };
}
