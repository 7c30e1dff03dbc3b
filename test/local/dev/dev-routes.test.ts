import {
  ApiGatewayManagementApiClient,
  PostToConnectionCommand,
} from '@aws-sdk/client-apigatewaymanagementapi';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { connect, type TestClient } from '../../support/test-client.ts';
import { startToy, type Toy } from '../toy-stack.ts';

let toy: Toy;
const expired: string[] = [];
const disconnects: unknown[] = [];

beforeAll(async () => {
  toy = await startToy({
    routes: { $connect: 'connect', $disconnect: 'disconnect' },
    handlers: {
      connect: async () => ({ statusCode: 200 }),
      disconnect: async (event) => disconnects.push((event as { requestContext: unknown }).requestContext),
    },
    inspectConnection: async () => ({ rooms: { 42: 'live' } }),
    connectionActions: {
      async 'expire-token'(connectionId) {
        expired.push(connectionId);
        return expired.length === 1;
      },
    },
    pages: async (path) =>
      path === '/'
        ? { contentType: 'text/html', body: '<p>page</p>', headers: { 'X-Own': 'yes' } }
        : undefined,
  });
});
afterAll(() => toy.close());

const ask = (path: string, init: RequestInit = {}) => fetch(`${toy.endpoint}${path}`, init);
const post = (path: string, body?: string) =>
  ask(path, { method: 'POST', ...(body !== undefined && { body }) });

/** A client, and the path of its connection. */
async function connected(): Promise<{ client: TestClient; path: string; connectionId: string }> {
  const before = new Set(toy.connections().map(({ connectionId }) => connectionId));
  const client = await connect(toy.endpoint);
  const own = toy.connections().find(({ connectionId }) => !before.has(connectionId));
  const connectionId = own?.connectionId ?? '';
  return { client, connectionId, path: `/dev/connections/${encodeURIComponent(connectionId)}` };
}

it('the emulator says what it serves', async () => {
  const answer = await ask('/dev/stack');
  expect(await answer.json()).toEqual({
    stage: 'toy',
    region: 'eu-west-1',
    eventBus: 'toy',
    connectionsCutOff: 0,
  });
});

it('the emulator shows the invocations since a number', async () => {
  const { client } = await connected();
  const all = (await (await ask('/dev/invocations')).json()) as { last: number; invocations: object[] };
  expect(all.invocations.at(-1)).toMatchObject({ functionName: 'connect', ok: true, number: all.last });
  const none = await (await ask(`/dev/invocations?after=${all.last}`)).json();
  expect(none).toEqual({ last: all.last, invocations: [], recursiveInvocationsDropped: {} });
  await client.close();
});

it('the emulator gives a browser its page, and everybody else a greeting', async () => {
  const page = await ask('/', { headers: { accept: 'text/html,*/*' } });
  expect(await page.text()).toBe('<p>page</p>');
  expect(Object.fromEntries(page.headers)).toMatchObject({
    'content-type': 'text/html',
    'cache-control': 'no-store',
    'x-own': 'yes',
  });
  expect(await (await ask('/')).text()).toMatch(/^This is a local emulator of AWS/);
  expect((await ask('/elsewhere')).status).toBe(404);
});

it('a connection of the emulator can be dropped without a close frame', async () => {
  const { client, path } = await connected();
  expect((await post(`${path}/drop`)).status).toBe(204);
  expect(await client.closed).toMatchObject({ code: 1006 });
});

it.each([1001, 1008, 1011, 1012])(
  'a connection of the emulator can be closed with the code %i of API Gateway, which $disconnect is told',
  async (code) => {
    const { client, path, connectionId } = await connected();
    expect((await post(`${path}/close`, JSON.stringify({ code }))).status).toBe(204);
    expect(await client.closed).toMatchObject({ code });
    await expect
      .poll(() => disconnects)
      .toContainEqual(expect.objectContaining({ connectionId, disconnectStatusCode: code }));
  },
);

it.each(['', 'null', '{"code":1000}', '{"code":4000}', '{"code":"1012"}'])(
  'a connection of the emulator is not closed by the body %j',
  async (body) => {
    const { client, path } = await connected();
    const answer = await post(`${path}/close`, body);
    expect([answer.status, await answer.json()]).toEqual([
      400,
      { error: 'The body must be {"code":1001} or {"code":1008} or {"code":1011} or {"code":1012}.' },
    ]);
    await client.close();
  },
);

it('a connection of the emulator can be throttled, which answers posts with 429, and released', async () => {
  const { client, path, connectionId } = await connected();
  const api = new ApiGatewayManagementApiClient({ endpoint: toy.endpoint, maxAttempts: 1 });
  const send = () => api.send(new PostToConnectionCommand({ ConnectionId: connectionId, Data: 'hello' }));
  await post(`${path}/throttle`, '{"throttled":true}');
  await expect(send()).rejects.toMatchObject({ name: 'LimitExceededException' });
  const listed = (await (await ask('/dev/connections')).json()) as object[];
  expect(listed).toContainEqual(expect.objectContaining({ connectionId, throttled: true }));
  await post(`${path}/throttle`, '{"throttled":false}');
  await send();
  expect(await client.nextText()).toBe('hello');
  await client.close();
});

it.each(['', '{', 'null', '{"throttled":"yes"}'])(
  'a connection of the emulator is not throttled by the body %j',
  async (body) => {
    const { client, path } = await connected();
    const answer = await post(`${path}/throttle`, body);
    expect(answer.status).toBe(400);
    expect(await answer.json()).toEqual({
      error: 'The body must be {"throttled":true} or {"throttled":false}.',
    });
    await client.close();
  },
);

it('a connection of the emulator has the actions that the application offers, if they are possible', async () => {
  const { client, path, connectionId } = await connected();
  expect((await post(`${path}/expire-token`)).status).toBe(204);
  expect(expired).toEqual([connectionId]);
  const refused = await post(`${path}/expire-token`);
  expect(refused.status).toBe(409);
  expect(await refused.json()).toEqual({
    error: 'The action expire-token is not possible on this connection now.',
  });
  for (const unknown of ['explode', 'constructor']) {
    expect((await post(`${path}/${unknown}`)).status).toBe(404);
  }
  await client.close();
});

it('a connection of the emulator that does not exist is not found', async () => {
  const answer = await post('/dev/connections/nobody/drop');
  expect([answer.status, await answer.json()]).toEqual([404, { error: 'There is no connection nobody.' }]);
});

it('a connection of the emulator is out of reach for other methods, and for pages of elsewhere', async () => {
  const { client, path } = await connected();
  const got = await ask(`${path}/drop`);
  expect([got.status, got.headers.get('allow')]).toEqual([405, 'POST']);
  const foreign = { method: 'POST', headers: { origin: 'https://evil.example' } };
  expect((await ask(`${path}/drop`, foreign)).status).toBe(403);
  expect(toy.connections()).toHaveLength(1);
  await client.close();
});
