import { LOCAL_NAME } from '../../lib/config/local-stack.ts';
import { dynamoDbStore } from '../../lib/store/dynamodb-store.ts';
import { applicationClients } from '../support/application-clients.ts';
import { putMembers } from './room-rows.ts';

/** Makes everybody who is connected a member, by rows: thousands of clients that authenticate would take minutes. */
export async function joinEverybody(
  emulator: string,
  roomId: string,
  options: { batch?: boolean } = {},
): Promise<void> {
  const { dynamoDb } = applicationClients(emulator);
  const store = dynamoDbStore({ client: dynamoDb, tableName: LOCAL_NAME, clock: Date.now });
  const response = await fetch(`${emulator}/dev/connections`);
  const connections = (await response.json()) as { connectionId: string }[];
  const ids = connections.map(({ connectionId }) => connectionId);
  await putMembers(store, roomId, ids, options);
}
