import type * as v from 'valibot';
import { beforeAll, expect, it } from 'vitest';
import { canarySchedule } from '../../lib/config/canary.ts';
import type { FunctionName } from '../../lib/config/functions.ts';
import { roleStatements } from '../../lib/config/permissions.ts';
import { type QueueDescription, type QueueName, queues } from '../../lib/config/queues.ts';
import { clientMessageData } from '../../lib/protocol/client-messages.ts';
import { observer, useEverything } from './every-use.ts';

/** What Lambda does in a function's role, whether or not its code does it too. */
function usedByLambda(name: FunctionName): string[] {
  const consumed = (Object.entries(queues) as [QueueName, QueueDescription][]).filter(
    ([, { consumer }]) => consumer?.function === name,
  );
  const polled = consumed.flatMap(([queue]) =>
    ['ReceiveMessage', 'DeleteMessage', 'GetQueueAttributes'].map((action) => `sqs:${action} ${queue}`),
  );
  return name === canarySchedule.function
    ? [...polled, `sqs:SendMessage ${canarySchedule.deadLetterQueue}`]
    : polled;
}

/** The fields of a message's data, by its schema; `since.epoch` is one within another. */
function fieldsOf(schema: v.GenericSchema): string[] {
  const { type, entries, options, wrapped } = schema as unknown as {
    type: string;
    entries: Record<string, v.GenericSchema>;
    options: v.GenericSchema[];
    wrapped: v.GenericSchema;
  };
  if (type === 'intersect') return options.flatMap(fieldsOf);
  if (type === 'optional') return fieldsOf(wrapped);
  if (type !== 'object' && type !== 'loose_object') return [];
  return Object.entries(entries).flatMap(([field, inner]) => [
    field,
    ...fieldsOf(inner).map((name) => `${field}.${name}`),
  ]);
}

beforeAll(useEverything, 120_000);

const roles = roleStatements({
  table: 'table',
  queue: (name) => name,
  lambda: (name) => name,
  connections: (method) => method,
  jwtSecret: 'secret',
  canarySecret: 'secret',
  eventBus: 'bus',
});

it.each(Object.keys(roles) as FunctionName[])(
  'the role of %s allows what its handler and Lambda use, and nothing else',
  (name) => {
    const granted = roles[name].flatMap(({ actions, resources }) =>
      actions.flatMap((action) => resources.map((resource) => `${action} ${resource}`)),
    );
    const used = [...(observer.used.get(name) ?? []), ...usedByLambda(name)];
    expect(used.sort()).toEqual(granted.sort());
  },
);

it.each(Object.entries(clientMessageData))(
  'the search for used permissions sends every field that the schema of %s has',
  (type, schema) => {
    const sent = [...(observer.sent.get(type) ?? [])];
    expect(sent).toEqual(expect.arrayContaining(fieldsOf(schema as v.GenericSchema)));
  },
);
