import { beforeEach, expect, it } from 'vitest';
import type { ClientRequest } from '../../../lib/core/connection/answers.ts';
import type { WebSocketEvent } from '../../../lib/lambda/websocket-routes.ts';
import { onClientMessage, onUnroutableMessage } from '../../../lib/lambda/websocket-routes.ts';
import type { ServerAnswer } from '../../../lib/protocol/server-messages.ts';
import { type RecordingLog, recordingLog } from '../../support/recording-log.ts';

const TOKEN = 'header.S3cr3t.signature';

const eventOf = (body: string | undefined): WebSocketEvent => ({
  requestContext: {
    connectionId: 'c=',
    eventType: 'MESSAGE',
    connectedAt: 1,
    requestTimeEpoch: 1_790_000_000_000,
  },
  ...(body !== undefined && { body }),
});
const answerIn = ({ body }: { body?: string }): ServerAnswer => JSON.parse(body ?? 'no body');

let recorded: RecordingLog;
beforeEach(() => {
  recorded = recordingLog();
});

const authBody = JSON.stringify({ type: 'auth', data: { token: TOKEN }, id: 7 });

it('the handler of a message passes on the connection, the time of the message at API Gateway, and the message', async () => {
  const requests: ClientRequest<'auth'>[] = [];
  const handler = onClientMessage('auth', recorded.log, async (request) => {
    requests.push(request);
    return { type: 'pong', data: {} };
  });
  await handler(eventOf(authBody));
  expect(requests).toEqual([
    {
      connectionId: 'c=',
      sentAt: 1_790_000_000_000,
      message: { type: 'auth', data: { token: TOKEN }, id: 7 },
    },
  ]);
});

it('the handler of a message returns what the core answers', async () => {
  const handler = onClientMessage('ping', recorded.log, async () => ({ type: 'pong', data: {}, id: 1 }));
  expect(await handler(eventOf('{"type":"ping","data":{}}'))).toEqual({
    statusCode: 200,
    body: '{"type":"pong","data":{},"id":1}',
  });
});

it('the handler of a message answers internal when the core throws, and logs why without the message', async () => {
  const handler = onClientMessage('auth', recorded.log, () =>
    Promise.reject(new Error('DynamoDB does not answer')),
  );
  const answer = answerIn(await handler(eventOf(authBody)));
  expect(answer).toMatchObject({ type: 'error', data: { code: 'internal', requestType: 'auth' }, id: 7 });
  const ids = { connectionId: 'c=', requestType: 'auth' };
  expect(recorded.lines).toMatchObject([{ level: 'error', name: 'message_failed', fields: ids }]);
  expect(recorded.text()).toContain('DynamoDB does not answer');
  expect(recorded.text()).not.toContain('S3cr3t');
  expect(JSON.stringify(answer)).not.toContain('DynamoDB');
});

it('the handler of a message logs also what is thrown and is no error', async () => {
  const handler = onClientMessage('ping', recorded.log, () => Promise.reject('just a string'));
  expect(answerIn(await handler(eventOf('{"type":"ping","data":{}}')))).toMatchObject({ type: 'error' });
  expect(recorded.lines[0]?.fields['error']).toEqual('just a string');
});

it.each(
  [
    [undefined, 'invalid_json'],
    ['', 'invalid_json'],
    ['{"type":"auth"', 'invalid_json'],
    ['{"type":"ping","data":{}}', 'invalid_message'],
    ['[]', 'invalid_message'],
    [`{"type":"auth"}${' '.repeat(32 * 1024)}`, 'too_large'],
  ].map(([body, code]) => ({ body, code, beginning: body?.slice(0, 30) })),
)(
  'the handler of a message answers $beginning… with $code and bothers neither the core nor the log',
  async ({ body, code }) => {
    const handler = onClientMessage('auth', recorded.log, () =>
      Promise.reject(new Error('the core was called')),
    );
    const response = await handler(eventOf(body));
    expect(response.statusCode).toBe(200);
    expect(answerIn(response)).toMatchObject({ type: 'error', data: { code } });
    expect(recorded.lines).toEqual([]);
  },
);

it.each([
  ['{"type":"chat","data":{},"id":"q"}', 'unknown_type'],
  ['{"type":"$connect"}', 'unknown_type'],
  ['{"type":["auth"]}', 'invalid_message'],
  ['{"type":"ping","data":{}}', 'invalid_message'],
  ['hello', 'invalid_json'],
  [undefined, 'invalid_json'],
])('the default handler answers %j with %s', async (body, code) => {
  const response = await onUnroutableMessage(eventOf(body));
  expect(response.statusCode).toBe(200);
  expect(answerIn(response)).toMatchObject({ type: 'error', data: { code } });
});

it('the default handler repeats the id and the type of the message, and nothing else of it', async () => {
  const body = JSON.stringify({ type: 'login', data: { token: TOKEN }, id: 'q' });
  const response = await onUnroutableMessage(eventOf(body));
  expect(answerIn(response)).toMatchObject({ id: 'q', data: { requestType: 'login' } });
  expect(response.body).not.toContain('S3cr3t');
});
