import { afterEach, expect, test } from 'vitest';
import type { Handler } from '../../../lib/local/lambda/handler.ts';
import { manualTime } from '../../support/manual-time.ts';
import { connect } from '../../support/test-client.ts';
import { startToy, type Toy } from '../toy-stack.ts';

const LIMIT = 128 * 1024;

let toy: Toy;
afterEach(() => toy.close());

const answering = (body: string): Handler => {
  return async () => ({ statusCode: 200, body });
};

// https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-execution-service-websocket-limits-table.html
test('API Gateway sends an answer of 128 KB, in UTF-8 bytes', async () => {
  const body = `é${'x'.repeat(LIMIT - 2)}`;
  toy = await startToy({ handlers: { long: answering(body) }, routes: { $default: 'long!' } });
  const client = await connect(toy.endpoint);
  client.send('x');
  expect(await client.nextText()).toBe(body);
  expect(toy.printed).toEqual([]);
});

test('API Gateway answers Internal server error for an answer over 128 KB, says why, and stays open', async () => {
  const handlers = { long: answering(`é${'x'.repeat(LIMIT - 1)}`), short: answering('{"type":"fine"}') };
  toy = await startToy({ handlers, routes: { $default: 'long!', short: 'short!' } });
  const client = await connect(toy.endpoint);
  client.send('x');
  expect(await client.next()).toMatchObject({ message: 'Internal server error' });
  expect(toy.printed).toEqual([expect.stringMatching(/^api: long answered \$default with 131073 bytes/)]);
  client.send({ type: 'short' });
  expect(await client.next()).toEqual({ type: 'fine' });
});

// https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-execution-service-websocket-limits-table.html
test('API Gateway answers Internal server error for a function that has not answered within 29 seconds, and lets it run on', async () => {
  const time = manualTime();
  let isStarted = false;
  let end: () => void = () => undefined;
  let hasEnded = false;
  const slow: Handler = async () => {
    await new Promise<void>((resolve) => {
      end = resolve;
      isStarted = true;
    });
    hasEnded = true;
    return { statusCode: 200, body: '{"type":"late"}' };
  };
  toy = await startToy({
    handlers: { slow, quick: answering('{"type":"quick"}') },
    routes: { $default: 'slow!', quick: 'quick!' },
    time,
    adapt: (stack) => ({
      ...stack,
      functions: { ...stack.functions, slow: { environment: {}, timeoutSeconds: 60, statements: [] } },
    }),
  });
  const client = await connect(toy.endpoint);
  client.send('x');
  await expect.poll(() => isStarted).toBe(true);
  await time.advance(29_000);
  expect(await client.next()).toMatchObject({ message: 'Internal server error' });
  expect(toy.printed).toEqual([expect.stringContaining('slow has not answered within 29 seconds')]);
  end();
  await expect.poll(() => hasEnded).toBe(true);
  client.send({ type: 'quick' });
  expect(await client.next()).toEqual({ type: 'quick' });
});

// Which status it is, AWS does not document: one of a server error.
test('API Gateway answers 502 when the function of $connect has not answered within 29 seconds', async () => {
  const time = manualTime();
  let isStarted = false;
  let end: () => void = () => undefined;
  const slow: Handler = () => {
    isStarted = true;
    return new Promise<void>((resolve) => {
      end = resolve;
    });
  };
  toy = await startToy({
    handlers: { slow },
    routes: { $connect: 'slow' },
    time,
    adapt: (stack) => ({
      ...stack,
      functions: { slow: { environment: {}, timeoutSeconds: 60, statements: [] } },
    }),
  });
  const connecting = connect(toy.endpoint).catch((error: unknown) => error);
  await expect.poll(() => isStarted).toBe(true);
  await time.advance(29_000);
  expect(String(await connecting)).toContain('502');
  end();
});

test('API Gateway routes a value that is nested too deep for JSON.stringify to $default', async () => {
  const depth = 15_000;
  toy = await startToy({ handlers: { any: answering('{"type":"any"}') }, routes: { $default: 'any!' } });
  const client = await connect(toy.endpoint);
  client.send(`{"type":${'['.repeat(depth)}${']'.repeat(depth)}}`);
  expect(await client.next()).toEqual({ type: 'any' });
});
