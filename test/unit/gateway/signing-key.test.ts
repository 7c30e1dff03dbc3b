import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { expect, it } from 'vitest';
import { type Credentials, signingKeys } from '../../../lib/gateway/sign-request.ts';

const NOON = Date.parse('2026-03-01T12:00:00Z');
const MIDNIGHT = Date.parse('2026-03-02T00:00:00Z');
const test = { accessKeyId: 'test', secretAccessKey: 'test' };

/** A provider that hands out these one after another, and an error where there is none. */
function provider(...answers: (Credentials | undefined)[]) {
  let asked = 0;
  return {
    asked: () => asked,
    async credentials() {
      const answer = answers[Math.min(asked, answers.length - 1)];
      asked += 1;
      if (answer === undefined) throw new Error('no credentials');
      return answer;
    },
  };
}

const secretOf = ({ key }: { key: { export(): Buffer } }) => key.export().toString('hex');

it('the key of a signature is made once for all requests of a second', async () => {
  const { asked, credentials } = provider(test);
  const keyAt = signingKeys({ credentials, region: async () => 'eu-west-1' });
  const keys = await Promise.all([keyAt(NOON), keyAt(NOON + 500), keyAt(NOON + 999)]);
  expect(new Set(keys).size).toBe(1);
  expect(asked()).toBe(1);
  expect(keys[0]).toMatchObject({
    date: '20260301T120000Z',
    scope: '20260301/eu-west-1/execute-api/aws4_request',
  });
});

it('the key of a signature tells the next second, from the same secret', async () => {
  const keyAt = signingKeys({ ...provider(test), region: 'eu-west-1' });
  const [one, other] = [await keyAt(NOON + 999), await keyAt(NOON + 1_000)];
  expect([one.date, other.date]).toEqual(['20260301T120000Z', '20260301T120001Z']);
  expect(secretOf(one)).toBe(secretOf(other));
});

it('the key of a signature is another one on the next day', async () => {
  const keyAt = signingKeys({ ...provider(test), region: 'eu-west-1' });
  const [one, other] = [await keyAt(MIDNIGHT - 1), await keyAt(MIDNIGHT)];
  expect([one.scope.slice(0, 8), other.scope.slice(0, 8)]).toEqual(['20260301', '20260302']);
  expect(secretOf(one)).not.toBe(secretOf(other));
});

it('the key of a signature is of new credentials from the next second on', async () => {
  const { credentials } = provider(test, {
    accessKeyId: 'new',
    secretAccessKey: 'new',
    sessionToken: 'new',
  });
  const keyAt = signingKeys({ credentials, region: 'eu-west-1' });
  const [one, same, other] = [await keyAt(NOON), await keyAt(NOON), await keyAt(NOON + 1_000)];
  expect([one, same, other].map(({ accessKeyId }) => accessKeyId)).toEqual(['test', 'test', 'new']);
  expect(other.sessionToken).toBe('new');
  expect(secretOf(one)).not.toBe(secretOf(other));
});

it('the key of a signature asks for credentials again at once after there were none', async () => {
  const { asked, credentials } = provider(undefined, test);
  const keyAt = signingKeys({ credentials, region: 'eu-west-1' });
  await expect(keyAt(NOON)).rejects.toThrow('no credentials');
  expect(await keyAt(NOON)).toMatchObject({ accessKeyId: 'test' });
  expect(asked()).toBe(2);
});

it('the key of a signature is made of what an SDK client has found', async () => {
  const { credentials, region } = new DynamoDBClient({ region: 'eu-west-3', credentials: test }).config;
  expect(await signingKeys({ credentials, region })(NOON)).toMatchObject({
    accessKeyId: 'test',
    scope: '20260301/eu-west-3/execute-api/aws4_request',
  });
});
