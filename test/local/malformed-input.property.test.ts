import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { AwsError, type AwsJsonService } from '../../lib/local/aws-json-service.ts';
import { eventBridge } from '../../lib/local/event-bridge/event-bridge.ts';
import { invocationPath, invocationTarget } from '../../lib/local/lambda/invoke-api.ts';
import { secretsManager } from '../../lib/local/secrets-manager.ts';
import { createSqs } from '../../lib/local/sqs/create-sqs.ts';
import { isLongForm } from '../support/long-form.ts';
import { manualTime } from '../support/manual-time.ts';

const region = 'eu-west-1';
const printed: string[] = [];
const shared = {
  region,
  time: manualTime(),
  newId: () => 'id',
  print: (line: string) => {
    // An event that no rule matches is no failure.
    if (!line.includes('matched no rule') && !line.includes('"default"')) printed.push(line);
  },
};
const rules = [{ name: 'all', pattern: { detail: { a: [{ exists: true }] } }, function: 'heard' }];
const services: AwsJsonService[] = [
  eventBridge({ ...shared, bus: { name: 'bus', rules }, invokeAsynchronously: () => undefined }),
  secretsManager({ password: 'open sesame' }, region),
  createSqs({
    ...shared,
    queues: { jobs: { delaySeconds: 0, visibilityTimeoutSeconds: 30 } },
    endpoint: 'http://localhost:4001',
    invoke: async () => ({ ok: true, payload: null }),
  }).service,
];

/** Never waits: a long poll would. */
const withoutWaiting = (input: Record<string, unknown>) =>
  typeof input['WaitTimeSeconds'] === 'number' ? { ...input, WaitTimeSeconds: 0 } : input;

/** Values that no string conversion, no destructuring and no recursion survives. */
const treacherous = fc.constantFrom<unknown>(
  null,
  [null],
  [[]],
  { toString: 1, valueOf: 1 },
  JSON.parse('{"__proto__":null}'),
  JSON.parse(`${'['.repeat(20_000)}${']'.repeat(20_000)}`),
);
const known = fc.constantFrom<unknown>(
  ...['http://localhost:4001/000000000000/jobs', 'jobs', 'password', 'bus', 'String', '{"a":1}', 'x', 1, 0],
);
const value = fc.oneof(treacherous, known, fc.jsonValue({ maxDepth: 2 }));
const fieldsOf = (names: string[], values: fc.Arbitrary<unknown>) =>
  fc.record(Object.fromEntries(names.map((name) => [name, values])), { requiredKeys: [] });

const attribute = fieldsOf(['DataType', 'StringValue', 'BinaryValue', 'More'], value);
const attributes = fc.oneof(
  value,
  fc.dictionary(fc.constantFrom('a', '__proto__'), fc.oneof(value, attribute)),
);
const entryFields = [
  ...['Source', 'DetailType', 'Detail', 'EventBusName', 'Resources', 'Time', 'Id', 'MessageBody'],
  ...['ReceiptHandle', 'DelaySeconds'],
];
const entry = fc
  .tuple(fieldsOf(entryFields, value), fieldsOf(['MessageAttributes', 'MessageSystemAttributes'], attributes))
  .map(([fields, more]) => ({ ...fields, ...more }));
const requestFields = [
  ...['QueueUrl', 'QueueName', 'QueueNamePrefix', 'AttributeNames', 'MessageSystemAttributeNames'],
  ...['MessageAttributeNames', 'MaxNumberOfMessages', 'VisibilityTimeout', 'WaitTimeSeconds', 'SecretId'],
  'VersionStage',
];
const input = fc
  .tuple(
    fieldsOf(requestFields, value),
    entry,
    fieldsOf(['Entries'], fc.oneof(value, fc.array(fc.oneof(value, entry), { maxLength: 3 }))),
    fc.boolean(),
  )
  .map(([fields, single, batch, isAddressed]) => ({
    ...fields,
    ...single,
    ...batch,
    ...(isAddressed && { QueueUrl: 'http://localhost:4001/000000000000/jobs' }),
  }));

const operations = services.flatMap(({ target, operations: all }) =>
  Object.entries(all).map(([name, operation]) => ({ name: `${target}.${name}`, operation })),
);

describe.each(operations)('$name', ({ operation }) => {
  test('an operation of the emulator answers any JSON object normally or by an error of AWS below 500', async () => {
    await fc.assert(
      fc.asyncProperty(input, async (written) => {
        try {
          JSON.stringify(await operation(withoutWaiting(written)));
        } catch (error) {
          if (!(error instanceof AwsError)) throw error;
          expect(error.statusCode).toBeLessThan(500);
        }
      }),
      { numRuns: isLongForm ? 300 : 60 },
    );
    expect(printed).toEqual([]);
  });

  test.each([{ Entries: [null] }, { Entries: [[]] }, { Entries: null }])(
    'an operation of the emulator survives %j',
    async (written) => {
      const QueueUrl = 'http://localhost:4001/000000000000/jobs';
      const answer = await Promise.resolve({ QueueUrl, ...written })
        .then(operation)
        .catch((error: unknown) => error);
      expect(answer instanceof Error && !(answer instanceof AwsError)).toBe(false);
    },
  );
});

const functionName = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.array(
    fc.constantFrom('arn:aws:lambda:', 'eu-west-1:', '012345678901:', 'function:', 'a', ':', '$LATEST', '%'),
  ),
);

test('Lambda reads the name of a function from any path, or answers an error of AWS below 500', () => {
  fc.assert(
    fc.property(functionName, fc.string({ unit: 'binary' }), fc.boolean(), (name, qualifier, isEncoded) => {
      const text = typeof name === 'string' ? name : name.join('');
      const segment = isEncoded ? encodeURIComponent(text) : text;
      const path = invocationPath(`/2015-03-31/functions/${segment}/invocations?Qualifier=${qualifier}`);
      if (path === undefined) return;
      try {
        expect(text).toContain(invocationTarget(path, region).functionName);
      } catch (error) {
        if (!(error instanceof AwsError)) throw error;
        expect(error.statusCode).toBeLessThan(500);
      }
    }),
    { numRuns: 1_000 },
  );
});
