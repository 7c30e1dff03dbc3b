import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { Ajv } from 'ajv';
import addFormats from 'ajv-formats';
import { expect, it } from 'vitest';
import { asyncApiDocument } from '../../../lib/contract/async-api.ts';
import { schemaFiles } from '../../../lib/contract/json-schema.ts';
import { clientMessageData } from '../../../lib/protocol/client-messages.ts';
import { errorCodes } from '../../../lib/protocol/error-codes.ts';
import * as limits from '../../../lib/protocol/limits.ts';
import { roomEventTypes } from '../../../lib/protocol/room-events.ts';
import { shownMessages } from './examples.ts';

interface Message {
  payload: { $ref: string };
  examples: { payload: object }[];
  'x-error-codes'?: object;
}
interface Operation {
  action: string;
  channel: { $ref: string };
  messages: { $ref: string }[];
  reply?: { messages: { $ref: string }[] };
}
interface AsyncApiDocument {
  channels: Record<string, { messages: Record<string, object>; 'x-limits'?: object }>;
  operations: Record<string, Operation>;
  components: { messages: Record<string, Message>; schemas: Record<string, object> };
}

/** As it is written to the file. */
const document: AsyncApiDocument = JSON.parse(JSON.stringify(asyncApiDocument('1.2.3', shownMessages)));

const specification = JSON.parse(
  readFileSync(createRequire(import.meta.url).resolve('@asyncapi/specs/schemas/3.0.0.json'), 'utf8'),
);
// The specification brings the schema of JSON Schema itself, under the name that Ajv gives its own.
const ajv = new Ajv({ strict: false, meta: false, validateSchema: false });
addFormats.default(ajv);
const isAsyncApi = ajv.compile(specification);

function referencesIn(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, item]) => (key === '$ref' ? [item] : referencesIn(item)));
}

function at(pointer: string): unknown {
  const keys = pointer.replace('#/', '').split('/');
  return keys.reduce<unknown>(
    (value, key) => (value as Record<string, unknown> | undefined)?.[key],
    document,
  );
}

it('the AsyncAPI document is valid AsyncAPI 3.0.0', () => {
  expect(isAsyncApi(document), JSON.stringify(isAsyncApi.errors)).toBe(true);
  const { auth } = document.operations;
  expect(isAsyncApi({ ...document, operations: { auth: { ...auth, action: 'answer' } } })).toBe(false);
});

it('the AsyncAPI document refers to nothing that is not in it', () => {
  const references = referencesIn(document);
  expect(references.length).toBeGreaterThan(50);
  expect(references.filter((reference) => at(reference) === undefined)).toEqual([]);
});

it('the AsyncAPI document has every message of the schemas, on the channel of its direction', () => {
  const { connection, bus } = document.channels;
  const names = [...Object.keys(connection?.messages ?? {}), ...Object.keys(bus?.messages ?? {})];
  const paths = names.map((name) => `${name.replace('.', '/')}.json`);
  expect(paths.sort()).toEqual(Object.keys(schemaFiles()).sort());
  const ofBus = roomEventTypes.map((type) => `bus.${type}`);
  expect(Object.keys(bus?.messages ?? {}).sort()).toEqual(ofBus.sort());
});

it('the AsyncAPI document says what the backend receives, answers, and sends by itself', () => {
  const used = (action: string) =>
    Object.values(document.operations)
      .filter((operation) => operation.action === action)
      .flatMap(({ messages, reply }) => [...messages, ...(reply?.messages ?? [])])
      .map(({ $ref }) => $ref.split('/').at(-1));
  const received = [...Object.keys(clientMessageData).map((type) => `client.${type}`)];
  for (const type of Object.keys(clientMessageData)) {
    expect(document.operations[type]?.reply?.messages.at(-1)?.$ref).toMatch(/\/server\.error$/);
  }
  expect(used('receive')).toEqual(expect.arrayContaining(received));
  expect(new Set([...used('receive'), ...used('send')])).toEqual(
    new Set(Object.keys(document.components.messages)),
  );
});

it('the AsyncAPI document shows an example of every message, which its schema accepts', () => {
  const schemas = new Ajv({ strict: false }).addSchema(document, 'document');
  for (const [name, { payload, examples }] of Object.entries(document.components.messages)) {
    expect(examples.length, name).toBeGreaterThan(0);
    const validate = schemas.compile({ $ref: `document${payload.$ref}` });
    for (const example of examples) expect(validate(example.payload), name).toBe(true);
  }
});

it('the AsyncAPI document has the error codes and the limits of the protocol', () => {
  expect(document.components.messages['server.error']?.['x-error-codes']).toEqual(errorCodes);
  expect(document.channels['connection']?.['x-limits']).toEqual({ ...limits });
});
