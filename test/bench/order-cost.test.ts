import { expect, it } from 'vitest';
import { measureOrderCost, type OrderCost } from './order-cost.ts';
import { orderCostTable } from './order-cost-table.ts';

// Measured in earnest by `npm run bench -- order-cost`.
it('the order-cost bench counts what one event costs on either path', async () => {
  const costs = await measureOrderCost({ members: 3, rounds: 1 });
  const direct = { sqsSends: 0, posts: 3, dynamoDbCalls: 1, readUnits: 1, writeUnits: 0 };
  const ordered = { sqsSends: 1, posts: 3 };
  expect(costs).toMatchObject([
    { path: 'direct', type: 'order_executed', ...direct },
    { path: 'direct', type: 'position_update', ...direct },
    { path: 'ordered', type: 'order_executed', ...ordered, dynamoDbCalls: 5, readUnits: 2, writeUnits: 3 },
    { path: 'ordered', type: 'position_update', ...ordered, dynamoDbCalls: 7, readUnits: 3, writeUnits: 4 },
  ]);
  expect(costs.map(({ functions }) => Object.keys(functions))).toEqual([
    ['direct'],
    ['direct'],
    ['ingest', 'broadcast'],
    ['ingest', 'broadcast'],
  ]);
  for (const { milliseconds } of costs) expect(milliseconds).toBeGreaterThan(0);
});

it('the order-cost bench says what the ordered path adds', () => {
  const type = 'order_executed';
  const direct: OrderCost = {
    path: 'direct',
    type,
    members: 10,
    dynamoDbCalls: 1,
    sqsSends: 0,
    posts: 10,
    readUnits: 1,
    writeUnits: 0,
    functions: { direct: 10 },
    milliseconds: 12,
  };
  const ordered: OrderCost = {
    ...direct,
    path: 'ordered',
    dynamoDbCalls: 5,
    sqsSends: 1,
    readUnits: 2,
    writeUnits: 3,
    functions: { ingest: 10, broadcast: 20 },
    milliseconds: 32,
  };
  const table = orderCostTable([direct, ordered]);
  expect(table).toContain('| ordered, `order_executed` | 5 | 2 | 3 | 1 | 2 | 10 | 32.0 |');
  expect(table).toContain('| DynamoDB write units |  | 3 × $0.625 = $1.88 |');
  expect(table).toContain(
    '| …GB-seconds of the broadcast | 1.73 GB × 10.0 ms × $13.33 = $0.23 | 1.73 GB × 20.0 ms',
  );
  // 1.875 + 0.25 + 1.50 + 0.40 + 0.067 + 0.461, less 0.125 + 0.20 + 0.231
  expect(table).toMatch(
    /adds 20 ms and \$4\.00 a million to `order_executed`, to the \$11\.00 for PutEvents and posts to 10 members/,
  );
});
