import { createServer } from 'node:http';
import { afterEach, expect, test } from 'vitest';
import type { Handler } from '../../lib/local/lambda/handler.ts';
import { startLocalEmulator } from '../../lib/local/start.ts';
import { connect } from '../support/test-client.ts';
import { startToy, type Toy, toyStack } from './toy-stack.ts';

let toy: Toy | undefined;
afterEach(async () => {
  await toy?.close();
  toy = undefined;
});

test('the emulator says what to do when the port is taken', async () => {
  toy = await startToy({ handlers: {}, routes: {} });
  const { port } = toy;
  await expect(startToy({ handlers: {}, routes: {}, port })).rejects.toMatchObject({
    name: 'ListenError',
    code: 'EADDRINUSE',
    message: `Port ${port} is taken. Stop what is using it, or choose another port: npm start -- --port ${port + 1}`,
    cause: { code: 'EADDRINUSE' },
  });
});

test('the emulator frees its port, so that it can start there again', async () => {
  const first = await startToy({ handlers: {}, routes: {} });
  await connect(first.endpoint);
  await fetch(first.endpoint);
  await first.close();
  toy = await startToy({ handlers: {}, routes: {}, port: first.port });
  expect(toy.port).toBe(first.port);
});

test('the emulator frees its port when the functions cannot be loaded', async () => {
  const loader = () => Promise.reject(new Error('no code'));
  const starting = (port: number) => startToy({ handlers: {}, routes: {}, port, loader });
  const probe = createServer().listen(0);
  const { port } = probe.address() as { port: number };
  await new Promise((resolve) => probe.close(resolve));
  await expect(starting(port)).rejects.toThrow('no code');
  toy = await startToy({ handlers: {}, routes: {}, port });
});

test('the emulator describes the stack once, with the endpoint that functions will use', async () => {
  const endpoints: string[] = [];
  let environment: Record<string, string> = {};
  const aws = await startLocalEmulator({
    port: 0,
    describe(endpoint) {
      endpoints.push(endpoint);
      const stack = toyStack({}, ['toy']);
      return {
        ...stack,
        functions: { toy: { environment: { NAME: 'value' }, timeoutSeconds: 3, statements: [] } },
      };
    },
    loader({ environmentOf }) {
      environment = environmentOf('toy');
      return { loadHandler: async () => async () => undefined };
    },
  });
  await aws.close();
  expect(endpoints).toEqual([`http://localhost:${aws.port}`]);
  expect(environment).toMatchObject({
    NAME: 'value',
    AWS_ENDPOINT_URL: aws.endpoint,
    AWS_REGION: 'eu-west-1',
    AWS_LAMBDA_FUNCTION_NAME: 'toy',
  });
});

test('the emulator serves functions that call AWS while they load', async () => {
  toy = await startToy({
    handlers: { toy: async () => 'loaded' },
    routes: {},
    async loader() {
      const answer = await fetch(process.env['AWS_ENDPOINT_URL'] ?? '');
      return { loadHandler: async () => async () => answer.status };
    },
  });
  expect(await toy.invoke('toy', {})).toEqual({ ok: true, payload: 200 });
});

test('the emulator forgets every AWS variable of the developer', async () => {
  process.env['AWS_PROFILE'] = 'production';
  process.env['AWS_SESSION_TOKEN'] = 'secret';
  process.env['AWS_ENDPOINT_URL_DYNAMODB'] = 'https://dynamodb.eu-west-1.amazonaws.com';
  toy = await startToy({ handlers: {}, routes: {} });
  const names = Object.keys(process.env).filter((name) => name.startsWith('AWS_'));
  expect(names).not.toContain('AWS_PROFILE');
  expect(names).not.toContain('AWS_SESSION_TOKEN');
  expect(names.filter((name) => name.startsWith('AWS_ENDPOINT_URL'))).toEqual(['AWS_ENDPOINT_URL']);
});

test('the emulator lets $disconnect use AWS while it stops', async () => {
  const statuses: number[] = [];
  const leave: Handler = async () => {
    const answer = await fetch(process.env['AWS_ENDPOINT_URL'] ?? '');
    statuses.push(answer.status);
  };
  const { endpoint, close } = await startToy({ handlers: { leave }, routes: { $disconnect: 'leave' } });
  await Promise.all([connect(endpoint), connect(endpoint)]);
  await close();
  expect(statuses).toEqual([200, 200]);
});

test('the emulator stays up when a function leaves a rejected promise to itself', async () => {
  const loose: Handler = async () => {
    void Promise.reject(new TypeError('nobody looks'));
  };
  await withoutOtherListeners('unhandledRejection', async () => {
    toy = await startToy({ handlers: { loose }, routes: {} });
    await toy.invoke('loose', {});
    await expect.poll(() => toy?.printed[0]).toContain('TypeError: nobody looks');
  });
});

test('the emulator stays up when a function throws in a timer, and fails the invocation that is waiting', async () => {
  const late: Handler = async () => {
    setTimeout(() => {
      throw new TypeError('too late');
    });
    await new Promise(() => undefined);
  };
  await withoutOtherListeners('uncaughtException', async () => {
    toy = await startToy({ handlers: { late }, routes: {} });
    expect(await toy.invoke('late', {})).toMatchObject({
      ok: false,
      error: { errorType: 'TypeError', errorMessage: 'too late' },
    });
  });
  expect(toy?.printed).toEqual([
    expect.stringContaining('in a callback of late and not caught'),
    expect.stringMatching(/^late failed .+TypeError: too late\n +at /),
  ]);
});

test('the emulator stays up when a function throws in a timer after it has answered, and shows where', async () => {
  const late: Handler = async () => {
    setTimeout(() => {
      throw new TypeError('too late');
    });
  };
  await withoutOtherListeners('uncaughtException', async () => {
    toy = await startToy({ handlers: { late }, routes: {} });
    expect((await toy.invoke('late', {})).ok).toBe(true);
    await expect.poll(() => toy?.printed).toHaveLength(1);
  });
  expect(toy?.printed[0]).toMatch(/not caught.+TypeError: too late\n +at /);
});

test.each([
  [0, 'Runtime exited without providing a reason'],
  [3, 'Runtime exited with error: exit status 3'],
])('the emulator ends only the invocation when a function calls process.exit(%i)', async (code, message) => {
  const leave: Handler = async () => {
    process.exit(code);
  };
  toy = await startToy({ handlers: { leave, stay: async () => 'here' }, routes: {} });
  expect(await toy.invoke('leave', {})).toMatchObject({
    ok: false,
    error: { errorType: 'Runtime.ExitError', errorMessage: expect.stringContaining(message) },
  });
  expect(toy.printed[0]).toContain('leave called process.exit');
  expect(await toy.invoke('stay', {})).toEqual({ ok: true, payload: 'here' });
});

test('the emulator ends only the invocation when a function calls process.exit in a timer', async () => {
  const leave: Handler = async () => {
    setTimeout(() => process.exit(0));
    await new Promise(() => undefined);
  };
  await withoutOtherListeners('uncaughtException', async () => {
    toy = await startToy({ handlers: { leave }, routes: {} });
    expect(await toy.invoke('leave', {})).toMatchObject({ error: { errorType: 'Runtime.ExitError' } });
    await new Promise((resolve) => setImmediate(resolve));
  });
  expect(toy?.printed).toEqual([
    expect.stringContaining('leave called process.exit'),
    expect.stringContaining('leave failed'),
  ]);
});

/** With the emulator's listener alone: those of the test runner would count what it survives as a failure. */
async function withoutOtherListeners(
  name: 'unhandledRejection' | 'uncaughtException',
  run: () => Promise<void>,
): Promise<void> {
  const others = process.rawListeners(name);
  process.removeAllListeners(name);
  try {
    await run();
  } finally {
    for (const listener of others) process.on(name, listener as () => void);
  }
}
