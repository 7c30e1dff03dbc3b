import { prices } from '../../bin/docs/costs.ts';
import type { OrderCost } from './order-cost.ts';
import { billOf, sumOf } from './order-cost-money.ts';

/** What an event costs, what a million of them cost, and what the ordered path adds, as Markdown. */
export function orderCostTable(costs: readonly OrderCost[]): string {
  return [...costTable(costs), '', ...moneyTable(costs), '', addedLine(costs)].join('\n');
}

const nameOf = ({ path, type }: OrderCost) => `${path}, \`${type}\``;

function costTable(costs: readonly OrderCost[]): string[] {
  const rows = costs.map((cost) => {
    const { dynamoDbCalls, readUnits, writeUnits, sqsSends, functions, posts, milliseconds } = cost;
    const invocations = Object.keys(functions).length;
    const cells = [
      dynamoDbCalls,
      readUnits,
      writeUnits,
      sqsSends,
      invocations,
      posts,
      milliseconds.toFixed(1),
    ];
    return `| ${[nameOf(cost), ...cells].join(' | ')} |`;
  });
  return [
    '| one event | DynamoDB calls | read units | write units | sends to SQS | Lambda invocations | posts | last client, ms |',
    '|---|---|---|---|---|---|---|---|',
    ...rows,
  ];
}

function moneyTable(costs: readonly OrderCost[]): string[] {
  const bills = costs.map(billOf);
  const lines = (bills[0] ?? []).map(({ name }, index) => {
    const cells = bills.map((bill) => {
      const { arithmetic = '', dollars = 0 } = bill[index] ?? {};
      return dollars === 0 ? '' : `${arithmetic} = ${money(dollars)}`;
    });
    return `| ${[name, ...cells].join(' | ')} |`;
  });
  return [
    `| a million events | ${costs.map(nameOf).join(' | ')} |`,
    `|---${'|---'.repeat(costs.length)}|`,
    ...lines,
    `| **together** | ${bills.map((bill) => money(sumOf(bill))).join(' | ')} |`,
  ];
}

function addedLine(costs: readonly OrderCost[]): string {
  const added = costs
    .filter(({ path }) => path === 'ordered')
    .map((ordered) => {
      const direct = costs.find(({ path, type }) => path === 'direct' && type === ordered.type);
      const dollars = direct === undefined ? Number.NaN : sumOf(billOf(ordered)) - sumOf(billOf(direct));
      const milliseconds = ordered.milliseconds - (direct?.milliseconds ?? Number.NaN);
      return `${milliseconds.toFixed(0)} ms and ${money(dollars)} a million to \`${ordered.type}\``;
    });
  const members = costs[0]?.members ?? 0;
  const both = prices.events + members * prices.messages;
  return (
    `The ordered path adds ${added.join(', ')}, to the ${money(both)} for PutEvents and posts to ${members} members on ` +
    'either path. Functions are charged as they ran here; in AWS each call takes some milliseconds more.'
  );
}

const money = (dollars: number) => `$${dollars.toFixed(2)}`;
