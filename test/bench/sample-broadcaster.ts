import {
  ApiGatewayManagementApiClient,
  PostToConnectionCommand,
} from '@aws-sdk/client-apigatewaymanagementapi';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, QueryCommand } from '@aws-sdk/lib-dynamodb';
import { connectionIdOf, roomPartition } from '../../lib/store/keys.ts';

// The broadcaster of the usual samples: read the room, then post to everybody at once, with clients as they come.
const { TABLE_NAME: TableName, CALLBACK_URL: endpoint } = process.env;
const dynamoDb = DynamoDBDocumentClient.from(new DynamoDBClient());
const api = new ApiGatewayManagementApiClient({ ...(endpoint !== undefined && { endpoint }) });

interface RoomEvent {
  'detail-type': string;
  detail: { roomId: string; data: unknown };
}

export async function handler({ 'detail-type': type, detail: { roomId, data } }: RoomEvent): Promise<void> {
  const { Items: members = [] } = await dynamoDb.send(
    new QueryCommand({
      TableName,
      KeyConditionExpression: 'pk = :room',
      ExpressionAttributeValues: { ':room': roomPartition(roomId) },
    }),
  );
  await Promise.all(
    members.map(({ sk }) =>
      api.send(
        new PostToConnectionCommand({
          ConnectionId: connectionIdOf(sk),
          Data: JSON.stringify({ type, data, roomId }),
        }),
      ),
    ),
  );
}
