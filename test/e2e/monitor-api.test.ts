import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { joinRoom, request } from '../support/room-client.ts';
import { type Stack, startStack } from '../support/start-stack.ts';
import { connect } from '../support/test-client.ts';

let stack: Stack;
let token: string;
beforeAll(async () => {
  stack = await startStack({});
  token = await stack.token('alice');
});
afterAll(() => stack.close());

const ask = (path: string, init: RequestInit = {}) => fetch(`${stack.endpoint}${path}`, init);
const expire = (connectionId: string) =>
  ask(`/dev/connections/${encodeURIComponent(connectionId)}/expire-token`, { method: 'POST' });
const newestId = () => stack.connections().at(-1)?.connectionId ?? '';

/** As the page puts an event; of `headers` a browser sends those of a foreign page only after a preflight. */
async function putFromPage(symbol: string, headers: Record<string, string>) {
  const { eventBus } = (await (await ask('/dev/stack')).json()) as { eventBus: string };
  const Detail = JSON.stringify({ roomId: '7', data: { symbol } });
  const entry = { EventBusName: eventBus, Source: 'trade-room.page', DetailType: 'order_executed', Detail };
  return ask('/', { method: 'POST', headers, body: JSON.stringify({ Entries: [entry] }) });
}

const putEvents = {
  'content-type': 'application/x-amz-json-1.1',
  'x-amz-target': 'AWSEvents.PutEvents',
  authorization: 'AWS4-HMAC-SHA256 Credential=page',
};

describe('a page of the emulator', () => {
  it('a page of the emulator puts events with the protocol of EventBridge on the bus that /dev/stack names', async () => {
    const client = await joinRoom(stack.endpoint, token, '7');
    const answer = await putFromPage('AAPL', { ...putEvents, origin: stack.endpoint });
    expect(await answer.json()).toMatchObject({ FailedEntryCount: 0 });
    expect((await client.nextOf('order_executed')).data).toEqual({ symbol: 'AAPL' });
    await client.close();
  });

  it('the preflight of a page from another origin is answered without permission', async () => {
    const preflight = await ask('/', {
      method: 'OPTIONS',
      headers: {
        origin: 'https://evil.example',
        'access-control-request-method': 'POST',
        'access-control-request-headers': Object.keys(putEvents).join(),
      },
    });
    const names = [...preflight.headers.keys()];
    expect(names.filter((name) => name.startsWith('access-control-'))).toEqual([]);
  });

  it('a page from another origin cannot put events with a request that needs no preflight', async () => {
    const client = await joinRoom(stack.endpoint, token, '7');
    await putFromPage('EVIL', { 'content-type': 'text/plain', origin: 'https://evil.example' });
    await putFromPage('AAPL', { ...putEvents, origin: stack.endpoint });
    expect((await client.nextOf('order_executed')).data).toEqual({ symbol: 'AAPL' });
    await client.close();
  });

  it('a page of the emulator is shown the invocations of functions without their secrets', async () => {
    await (await joinRoom(stack.endpoint, token, '7')).close();
    const told = await (await ask('/dev/invocations')).text();
    const { invocations } = JSON.parse(told) as { invocations: object[] };
    expect(invocations).toContainEqual({
      number: expect.any(Number),
      functionName: 'auth',
      requestId: expect.stringMatching(/^[\da-f-]{36}$/),
      startedAt: expect.stringMatching(/^\d{4}-.*Z$/),
      durationMs: expect.any(Number),
      ok: true,
    });
    expect(told).not.toContain(token);
  });
});

describe('a token that was expired on purpose', () => {
  it('a connection whose token was expired by a developer is told so at its next message and closed', async () => {
    const client = await joinRoom(stack.endpoint, token, '7');
    expect((await expire(newestId())).status).toBe(204);
    expect((await request(client, 'ping', {})).data).toMatchObject({ code: 'token_expired' });
    expect(await client.closed).toMatchObject({ code: 1000 });
  });

  it('a connection whose token was expired by a developer gets no event of any of its rooms and is closed', async () => {
    const client = await joinRoom(stack.endpoint, token, '6', '7');
    await expire(newestId());
    await putFromPage('AAPL', putEvents);
    expect(await client.next()).toMatchObject({ type: 'error', data: { code: 'token_expired' } });
    expect(await client.closed).toMatchObject({ code: 1000 });
  });

  it('a connection that has not authenticated has no token that a developer could expire', async () => {
    const client = await connect(stack.endpoint);
    const answer = await expire(newestId());
    expect(answer.status).toBe(409);
    expect(await answer.json()).toEqual({
      error: 'The action expire-token is not possible on this connection now.',
    });
    expect((await request(client, 'auth', { token })).type).toBe('auth_success');
    await client.close();
  });
});
