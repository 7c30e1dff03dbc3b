import { GetCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll } from 'vitest';
import { dynamoDbStore } from '../../lib/store/dynamodb-store.ts';
import { membershipKey } from '../../lib/store/keys.ts';
import { type DynamoDbEngine, startDynalite } from '../support/dynamodb-engines.ts';
import type { Open } from './race.ts';
import { describeRaces, inMemory } from './races-suite.ts';

let engine: DynamoDbEngine;
beforeAll(async () => {
  engine = await startDynalite();
});
afterAll(() => engine.stop());

const inDynalite = ({ client, tableName }: DynamoDbEngine): Open => ({
  store: (clock) => dynamoDbStore({ client, tableName, clock, pageSize: 1 }),
  async hasMembershipRow(roomId, connectionId) {
    const key = membershipKey(roomId, connectionId);
    const command = new GetCommand({ TableName: tableName, Key: key, ConsistentRead: true });
    return (await client.send(command)).Item !== undefined;
  },
});

// More than a thousand orders, every eighth over the real store. `RACE_RUNS=5000` looks longer.
describeRaces(Number(process.env['RACE_RUNS'] ?? 170), (run) =>
  run % 8 === 0 ? inDynalite(engine) : inMemory(),
);
