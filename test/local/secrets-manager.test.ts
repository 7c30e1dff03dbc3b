import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { secretsManager } from '../../lib/local/secrets-manager.ts';
import { serveAwsJson, type TestServer } from '../support/serve-aws-json.ts';

let server: TestServer;
let client: SecretsManagerClient;

beforeAll(async () => {
  server = await serveAwsJson(() => secretsManager({ 'app/signing-secret': 'hush' }, 'eu-west-1'));
  client = new SecretsManagerClient({ endpoint: server.url, maxAttempts: 1 });
});
afterAll(() => server.close());

const get = (SecretId: string, VersionStage?: string) =>
  client.send(new GetSecretValueCommand({ SecretId, ...(VersionStage && { VersionStage }) }));

test('Secrets Manager gets a secret by its name', async () => {
  expect(await get('app/signing-secret')).toMatchObject({
    Name: 'app/signing-secret',
    SecretString: 'hush',
    VersionStages: ['AWSCURRENT'],
  });
});

test('Secrets Manager gets a secret by its ARN, with and without the random characters at its end', async () => {
  const { ARN = '' } = await get('app/signing-secret');
  expect(ARN).toMatch(/^arn:aws:secretsmanager:eu-west-1:000000000000:secret:app\/signing-secret-\w{6}$/);
  expect((await get(ARN)).SecretString).toBe('hush');
  expect((await get(ARN.slice(0, -7))).SecretString).toBe('hush');
});

test.each(['other', 'toString', 'arn:aws:secretsmanager:eu-west-1:000000000000:secret:other-abcdef'])(
  'Secrets Manager answers ResourceNotFoundException for %s',
  async (id) => {
    await expect(get(id)).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
  },
);

test('Secrets Manager has no previous version of a secret', async () => {
  await expect(get('app/signing-secret', 'AWSPREVIOUS')).rejects.toMatchObject({
    name: 'ResourceNotFoundException',
  });
});
