import { UpdateCommand } from '@aws-sdk/lib-dynamodb';
import type { Key } from './keys.ts';

/** A change of a connection's row. `#x` names the attribute `x`; every value is named in `values`. */
export interface ConnectionChange {
  update: string;
  condition: string;
  names?: Record<string, string>;
  values?: Record<string, unknown>;
}

/** One conditional write, which answers with the row as it is afterwards. */
export function changeCommand(
  key: { TableName: string; Key: Key },
  { update, condition, names, values }: ConnectionChange,
  now: number,
): UpdateCommand {
  const expressions = `${update} ${condition}`;
  const known = { ':now': now, ':nowSeconds': Math.floor(now / 1000), ':one': 1, ...values };
  return new UpdateCommand({
    ...key,
    UpdateExpression: update,
    ConditionExpression: condition,
    ExpressionAttributeNames: namesIn(expressions, names),
    ExpressionAttributeValues: valuesIn(expressions, known),
    ReturnValues: 'ALL_NEW',
  });
}

// DynamoDB refuses names and values that no expression uses.
function namesIn(expressions: string, names: Record<string, string> = {}): Record<string, string> {
  const used = new Set(expressions.match(/#\w+/g));
  return Object.fromEntries([...used].map((name) => [name, names[name] ?? name.slice(1)]));
}

function valuesIn(expressions: string, values: Record<string, unknown>): Record<string, unknown> {
  const used = new Set(expressions.match(/:\w+/g));
  return Object.fromEntries(Object.entries(values).filter(([name]) => used.has(name)));
}
