import { afterEach, expect, test } from 'vitest';
import { connect } from '../../support/test-client.ts';
import { startToy, type Toy, type ToyOptions } from '../toy-stack.ts';

let toy: Toy;
afterEach(() => toy.close());
async function start(options: ToyOptions) {
  toy = await startToy(options);
  return connect(toy.endpoint);
}
const echoRoute = async (event: unknown) => {
  const { requestContext, body } = event as { requestContext: Record<string, unknown>; body: string };
  const { routeKey, eventType } = requestContext;
  return { statusCode: 200, body: JSON.stringify({ type: 'echo', data: { routeKey, eventType, body } }) };
};

test('routes a message by the value at the route selection expression', async () => {
  const client = await start({
    handlers: { echo: echoRoute },
    routes: { hello: 'echo!', $default: 'echo!' },
  });
  client.send({ type: 'hello' });
  expect((await client.next()).data).toMatchObject({ routeKey: 'hello', eventType: 'MESSAGE' });
});
