import { AsyncLocalStorage } from 'node:async_hooks';
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { expect, it } from 'vitest';
import type { Store } from '../../lib/core/ports.ts';
import { roomAttribute, roomItem } from '../../lib/store/connection-rows.ts';
import { dynamoDbStore } from '../../lib/store/dynamodb-store.ts';
import { connectionKey } from '../../lib/store/keys.ts';
import { availableEngines, startDynalite } from '../support/dynamodb-engines.ts';
import { isLongForm } from '../support/long-form.ts';
import { memoryStore } from '../support/memory-store.ts';
import { storeActions } from '../support/permitted-ports.ts';
import { describeMemberships } from './membership-suite.ts';
import { describeRoomLog } from './room-log-suite.ts';
import { describeStore, type StoreUnderTest } from './store-suite.ts';

type StartStore = (clock: () => number) => Promise<StoreUnderTest>;

/** Method of the store → the DynamoDB actions that it was seen to take. */
const actionsOf = new Map<string, Set<string>>();
const calling = new AsyncLocalStorage<string>();

/** The store, noting what each of its methods asks of DynamoDB. */
function observed(store: Store, client: DynamoDBClient): Store {
  client.middlewareStack.add(
    (next, { commandName }) =>
      (call) => {
        const method = calling.getStore();
        const action = String(commandName).replace('Command', '');
        if (method !== undefined) actionsOf.set(method, (actionsOf.get(method) ?? new Set()).add(action));
        return next(call);
      },
    {},
  );
  const methods = Object.entries(store).map(([name, method]: [string, (...all: never[]) => unknown]) => [
    name,
    (...parameters: never[]) => calling.run(name, () => method(...parameters)),
  ]);
  return Object.fromEntries(methods);
}

// A small page, so that a handful of members already takes several.
const pageSize = 10;

const stores: Record<string, StartStore> = {
  // What the simulation runs on.
  memory: async (clock) => {
    const store = memoryStore({ clock, pageSize });
    const setRooms: StoreUnderTest['setRooms'] = async (connectionId, rooms) => {
      for (const [roomId, entry] of rooms) await store.setRoom(connectionId, roomId, entry);
    };
    return { store, setRooms, stop: async () => undefined };
  },
};
const engines = isLongForm ? availableEngines() : { dynalite: startDynalite };
for (const [name, start] of Object.entries(engines)) {
  stores[name] = async (clock) => {
    const { client, tableName, stop } = await start();
    const setRooms: StoreUnderTest['setRooms'] = async (connectionId, rooms) => {
      const subscribed = [...rooms].filter(([, { on }]) => on).map(([roomId]) => roomId);
      const command = new UpdateCommand({
        TableName: tableName,
        Key: connectionKey(connectionId),
        UpdateExpression: `SET rooms = :rooms${subscribed.length > 0 ? ', subscribed = :subscribed' : ''}`,
        ExpressionAttributeValues: {
          ':rooms': Object.fromEntries(
            [...rooms].map(([roomId, entry]) => [roomAttribute(roomId), roomItem(entry)]),
          ),
          ...(subscribed.length > 0 && { ':subscribed': new Set(subscribed) }),
        },
      });
      await DynamoDBDocumentClient.from(client).send(command);
    };
    const store = observed(dynamoDbStore({ client, tableName, clock, pageSize }), client);
    return { store, setRooms, stop };
  };
}

for (const [name, start] of Object.entries(stores)) {
  describeStore(name, start);
  describeMemberships(name, start);
  describeRoomLog(name, start);
}

// Behind them all: by now every method has been called.
it('each method of the store makes the DynamoDB calls that the simulation and the races assume', () => {
  const asked = [...actionsOf].map(([method, actions]) => [method, [...actions]]);
  const expected = Object.entries(storeActions).map(([method, action]) => [method, [action]]);
  expect(Object.fromEntries(asked)).toEqual(Object.fromEntries(expected));
});
