import { afterEach, expect, test } from 'vitest';
import type { Handler } from '../../../lib/local/lambda/handler.ts';
import { connect } from '../../support/test-client.ts';
import { startToy, type Toy, type ToyOptions } from '../toy-stack.ts';

let toy: Toy;
afterEach(() => toy.close());
async function start(options: ToyOptions) {
  toy = await startToy(options);
  return connect(toy.endpoint);
}

interface MessageEvent {
  requestContext: { routeKey: string; eventType: string; connectionId: string };
  body: string;
}
const echo: Handler = async (event) => {
  const { requestContext, body } = event as MessageEvent;
  const { routeKey, eventType } = requestContext;
  return { statusCode: 200, body: JSON.stringify({ type: 'echo', data: { routeKey, eventType, body } }) };
};

// https://docs.aws.amazon.com/apigateway/latest/developerguide/websocket-api-develop-routes.html
test('API Gateway routes a message by the value at the route selection expression', async () => {
  const client = await start({ handlers: { echo }, routes: { hello: 'echo!', $default: 'echo!' } });
  client.send({ type: 'hello' });
  expect((await client.next()).data).toMatchObject({ routeKey: 'hello', eventType: 'MESSAGE' });
});

test.each([
  ['what is not JSON', '{ "type": "hello"'],
  ['JSON that is no object', '"hello"'],
  ['an array', '["hello"]'],
  ['null', 'null'],
  ['an empty message', ''],
  ['a message without the field', '{"kind":"hello"}'],
  ['a value that no route has', '{"type":"goodbye"}'],
  ['a value that is an object', '{"type":{"hello":1}}'],
  ['a name that every object inherits', '{"type":"constructor"}'],
  ['__proto__', '{"__proto__":{"type":"hello"}}'],
])('API Gateway routes %s to $default, with the text as it came', async (_, body) => {
  const client = await start({ handlers: { echo }, routes: { hello: 'echo!', $default: 'echo!' } });
  client.send(body);
  expect((await client.next()).data).toEqual({ routeKey: '$default', eventType: 'MESSAGE', body });
});

test.each([
  ['a number', '{"type":7}', '7'],
  ['a boolean', '{"type":true}', 'true'],
  ['null', '{"type":null}', 'null'],
  ['an array', '{"type":[1,2]}', '[1,2]'],
])('API Gateway compares %s with route keys in its JSON form', async (_, body, routeKey) => {
  const client = await start({ handlers: { echo }, routes: { [routeKey]: 'echo!', $default: 'echo!' } });
  client.send(body);
  expect((await client.next()).data).toMatchObject({ routeKey });
});

test('API Gateway selects a route by a path of several names', async () => {
  const client = await start({
    handlers: { echo },
    routes: { hello: 'echo!', $default: 'echo!' },
    adapt: (stack) => {
      const routeSelectionExpression = '$request.body.head.kind';
      return { ...stack, webSocketApi: { ...stack.webSocketApi, routeSelectionExpression } };
    },
  });
  client.send({ head: { kind: 'hello' } });
  expect((await client.next()).data).toMatchObject({ routeKey: 'hello' });
});

test.each(['$connect', '$disconnect', '$default'])(
  'API Gateway lets a client reach %s by naming it, as a MESSAGE',
  async (type) => {
    const client = await start({
      handlers: { echo },
      routes: { $connect: 'echo!', $disconnect: 'echo!', $default: 'echo!' },
    });
    client.send({ type });
    expect((await client.next()).data).toMatchObject({ routeKey: type, eventType: 'MESSAGE' });
  },
);

test('API Gateway answers Forbidden when no route matches and there is no $default, and stays open', async () => {
  const client = await start({ handlers: { echo }, routes: { hello: 'echo!' } });
  client.send({ type: 'goodbye' });
  expect(await client.next()).toEqual({
    message: 'Forbidden',
    connectionId: toy.connections()[0]?.connectionId,
    requestId: expect.stringMatching(/^[\w-]{15}=$/),
  });
  client.send({ type: 'hello' });
  expect(await client.next()).toMatchObject({ type: 'echo' });
});

// https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-route-response.html
test('API Gateway does not send the result of a one-way route', async () => {
  const client = await start({ handlers: { echo }, routes: { quiet: 'echo', hello: 'echo!' } });
  client.send({ type: 'quiet' });
  client.send({ type: 'hello' });
  expect((await client.next()).data).toMatchObject({ routeKey: 'hello' });
});

test.each([
  ['no body', { statusCode: 200 }],
  ['an empty body', { statusCode: 200, body: '' }],
  ['nothing', undefined],
])('API Gateway sends an empty frame when a two-way route answers %s', async (_, answer) => {
  const client = await start({ handlers: { silent: async () => answer }, routes: { $default: 'silent!' } });
  client.send('x');
  expect(await client.nextText()).toBe('');
});

test.each([
  ['one-way', 'broken'],
  ['two-way', 'broken!'],
])(
  'API Gateway tells the client of a %s route that its function failed, and stays open',
  async (_, target) => {
    const broken: Handler = async (event) => {
      if ((event as MessageEvent).body.includes('break')) throw new Error('broken');
      return { statusCode: 200, body: '{"type":"fine","data":{}}' };
    };
    const client = await start({ handlers: { broken }, routes: { $default: target, fine: 'broken!' } });
    client.send('break');
    const { connectionId } = toy.connections()[0] ?? {};
    const requestId = expect.stringMatching(/^[\w-]{15}=$/);
    expect(await client.next()).toEqual({ message: 'Internal server error', connectionId, requestId });
    client.send({ type: 'fine' });
    expect((await client.next()).type).toBe('fine');
  },
);

test('API Gateway runs the messages of one connection concurrently and answers as they end', async () => {
  const waiting: (() => void)[] = [];
  const inTurn: Handler = async (event) => {
    const { body } = event as MessageEvent;
    await new Promise<void>((resolve) => {
      waiting.push(resolve);
      // The last to start lets all go, latest first.
      if (waiting.length === 3) setImmediate(() => waiting.reverse().forEach((go) => void go()));
    });
    return { statusCode: 200, body };
  };
  const client = await start({ handlers: { inTurn }, routes: { $default: 'inTurn!' } });
  for (const number of [1, 2, 3]) client.send(`{"number":${number}}`);
  const answers = [await client.next(), await client.next(), await client.next()];
  expect(answers.map(({ number }) => number)).toEqual([3, 2, 1]);
});

test('API Gateway refuses to start with a route selection expression of another form', async () => {
  toy = await startToy({ handlers: {}, routes: {} });
  const adapt: ToyOptions['adapt'] = (stack) => {
    return { ...stack, webSocketApi: { routes: {}, routeSelectionExpression: '$request.header.type' } };
  };
  await expect(startToy({ handlers: {}, routes: {}, adapt })).rejects.toThrow('route selection expression');
});
