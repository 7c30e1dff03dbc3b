import { afterAll, beforeAll, expect, it } from 'vitest';
import { dynamoDbStore } from '../../../lib/store/dynamodb-store.ts';
import { type DynamoDbEngine, startDynalite } from '../../support/dynamodb-engines.ts';
import { aCursor } from '../../support/rows.ts';

let engine: DynamoDbEngine;
beforeAll(async () => {
  engine = await startDynalite();
});
afterAll(() => engine.stop());

const cursor = aCursor();

it('a move of the cursor whose answer was lost, and which the SDK repeats, has moved it', async () => {
  const { client, tableName } = engine;
  // The innermost step is what the SDK does again when there is no answer.
  client.middlewareStack.add(
    (next, { commandName }) =>
      async (args) => {
        if (commandName === 'PutItemCommand') await next(args);
        return next(args);
      },
    { step: 'finalizeRequest', priority: 'low' },
  );
  const store = dynamoDbStore({ client, tableName, clock: () => 0 });
  await store.createCursor('r', cursor);
  expect(await store.advanceCursor('r', cursor, { ...cursor, seq: 1 })).toBe(true);
  expect(await store.advanceCursor('r', cursor, { ...cursor, seq: 2 })).toBe(false);
  expect(await store.readCursor('r')).toEqual({ ...cursor, seq: 1 });
});
