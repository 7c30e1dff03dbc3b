import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { connectionDeps } from '../../../lib/lambda/adapters.ts';
import { noLog } from '../../support/recording-log.ts';
import { listen, type TestServer } from '../../support/serve-aws-json.ts';
import { within } from '../../support/within.ts';

vi.mock(import('../../../lib/lambda/client-options.ts'), async (importOriginal) => {
  const original = await importOriginal();
  return { ...original, patientClientOptions: original.clientOptionsWithin(50) };
});

let requests = 0;
let server: TestServer;
beforeAll(async () => {
  server = await listen(() => {
    requests += 1;
  });
});
afterAll(() => server.close());
afterEach(() => vi.unstubAllEnvs());

describe('the adapters of a function', () => {
  it('do not wait for a DynamoDB that hangs: each attempt is cut off, and the last one fails the call', async () => {
    vi.stubEnv('AWS_ENDPOINT_URL', server.url);
    const { store } = connectionDeps({ TABLE_NAME: 'table', CALLBACK_URL: server.url }, noLog);
    const read = store.getConnection('c=');
    await expect(within(read, 'the read to be cut off')).rejects.toMatchObject({ name: 'TimeoutError' });
    expect(requests).toBe(3);
  });
});
