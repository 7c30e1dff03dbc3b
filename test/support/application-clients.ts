import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { SQSClient } from '@aws-sdk/client-sqs';
import { LOCAL_NAME } from '../../lib/config/local-stack.ts';

/** AWS clients as an application makes them: nothing but the endpoint, a region and dummy credentials. */
export function applicationClients(endpoint: string) {
  const config = {
    endpoint,
    region: 'eu-west-1',
    credentials: { accessKeyId: 'any', secretAccessKey: 'any' },
  };
  const eventBridge = new EventBridgeClient(config);
  return {
    config,
    eventBridge,
    dynamoDb: new DynamoDBClient(config),
    sqs: new SQSClient(config),
    /** Puts one event as a service would. */
    async publish(type: string, detail: object): Promise<void> {
      const entry = { EventBusName: LOCAL_NAME, Source: 'trade-room.orders', DetailType: type };
      const command = new PutEventsCommand({ Entries: [{ ...entry, Detail: JSON.stringify(detail) }] });
      const { FailedEntryCount: failed, Entries: entries } = await eventBridge.send(command);
      if (failed !== 0) throw new Error(`not accepted: ${JSON.stringify(entries)}`);
    },
  };
}
