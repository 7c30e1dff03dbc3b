import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { joinRoom } from '../support/room-client.ts';
import { shellOfOtherWork } from '../support/shell-of-other-work.ts';
import { type LocalEmulator, spawnCommand, startCommand, startLocal } from '../support/start-local.ts';
import { unusedPort } from '../support/unused-port.ts';

let emulator: LocalEmulator;
let port: string;

beforeAll(async () => {
  emulator = await startLocal();
  port = String(emulator.port);
});
afterAll(() => emulator.stop());

describe('npm start', () => {
  it('npm start prints where it listens and what to try, and nothing else', () => {
    expect(emulator.output().replaceAll(port, '<port>')).toMatchInlineSnapshot(`
      "Trade Room realtime is listening.

        page       http://localhost:<port>/?room=42
        WebSocket  ws://localhost:<port>
        AWS        export AWS_ENDPOINT_URL=http://localhost:<port>
        tokens     the development issuer

      Try it, in two more terminals:
        npm run -s listen -- --room 42 --port <port>
        npm run -s event -- order_executed --room 42 --port <port>

      "
    `);
  });

  it('npm start closes its clients and ends with code 0 on Ctrl-C', async () => {
    const stopping = await startLocal({}, [], spawnCommand);
    const client = await joinRoom(stopping.endpoint, await stopping.token('alice'), '1');
    const { code, stdout, stderr } = await stopping.stop();
    expect(await client.closed).toMatchObject({ code: 1001 });
    expect({ code, last: stdout.trim().split('\n').at(-1), stderr }).toEqual({
      code: 0,
      last: 'Stopped.',
      stderr: '',
    });
  });

  it('npm start says that the port is taken, and how to name another', async () => {
    const { code, stderr } = await startCommand('local', ['--port', port]).ended;
    expect(code).toBe(1);
    expect(stderr).toContain(`Port ${port} is taken`);
    expect(stderr).toContain('npm start -- --port');
  });

  it.each([
    [['--prot', '1'], {}, /Unknown option '--prot'/],
    [['--port', 'http'], {}, /--port: expected a number/],
    [['--demo', 'a#b'], {}, /--demo a#b: a room id is/],
    [['demo'], {}, /unexpected: demo/],
    [[], { JWT_SECRET: '' }, /JWT_SECRET is set but empty/],
    [
      ['--host', '192.0.2.1'],
      { CANARY: 'true' },
      /CANARY=true: expected a --host that is reached as localhost/,
    ],
    [[], { ROOM_ACCESS: 'everyone' }, /ROOM_ACCESS: expected one of open, claim/],
    [[], { AUTH_DEADLINE_SECONDS: '0' }, /AUTH_DEADLINE_SECONDS: expected a whole number/],
  ])(
    'npm start refuses the parameters %j with the variables %j in a sentence',
    async (parameters, environment, sentence) => {
      const { code, stderr } = await startCommand('local', parameters, environment).ended;
      expect(code).toBe(1);
      expect(stderr).toMatch(sentence);
      expect(stderr).not.toMatch(/^\s+at /m);
    },
  );
});

describe('npm run token', () => {
  it('npm run token prints a token that the emulator accepts, and nothing else', async () => {
    const { stdout, stderr } = await startCommand('token', ['alice', '--port', port]).ended;
    expect(stdout).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+\n$/);
    expect(stderr).toBe('');
    await (await joinRoom(emulator.endpoint, stdout.trim(), '1')).close();
  });

  it('npm run token without a user id says what it expects', async () => {
    const { code, stderr } = await startCommand('token', []).ended;
    expect(code).toBe(1);
    expect(stderr).toContain('expected one user id');
  });

  it('npm run token says that no emulator answers, and how to start one', async () => {
    const { code, stderr } = await startCommand('token', ['alice', '--port', String(await unusedPort())])
      .ended;
    expect(code).toBe(1);
    expect(stderr).toMatch(/Nothing answers on .*npm start/);
  });
});

it('Ctrl-C ends a command that waits for an answer at once', async () => {
  const silent = createServer().listen(0, '127.0.0.1');
  await once(silent, 'listening');
  const { port: silentPort } = silent.address() as AddressInfo;
  const waiting = spawnCommand('token', ['alice', '--port', String(silentPort)]);
  const [socket] = await once(silent, 'connection');
  expect(await waiting.stop()).toEqual({ code: null, stdout: '', stderr: '' });
  socket.destroy();
  silent.close();
});

describe('npm run event and npm run listen', () => {
  it('npm run event puts an event whatever is exported for AWS, and npm run listen prints its frame', async () => {
    const listener = startCommand('listen', ['--room', '42', '--port', port]);
    await listener.printed(/room_subscribed[\s\S]*auth_success|auth_success[\s\S]*room_subscribed/);
    const starts = [
      { start: spawnCommand, parameters: ['order_executed'], environment: shellOfOtherWork },
      {
        start: startCommand,
        parameters: ['position_closed', '--data', '{"symbol":"TSLA"}'],
        environment: {},
      },
    ];
    for (const { start, parameters, environment } of starts) {
      const event = start('event', [...parameters, '--room', '42', '--port', port], environment);
      expect(await event.ended).toMatchObject({
        code: 0,
        stderr: '',
        stdout: expect.stringContaining('accepted'),
      });
    }
    await listener.printed(/"type":"order_executed".*"symbol":"AAPL"/);
    await listener.printed(/"type":"position_closed","data":\{"symbol":"TSLA"\},"roomId":"42"/);
    expect(await listener.stop()).toMatchObject({ code: 0 });
  });

  it('npm run event --bus puts its event on the real EventBridge, not on an exported AWS_ENDPOINT_URL', async () => {
    const environment = {
      AWS_ENDPOINT_URL: emulator.endpoint,
      AWS_REGION: 'no-such-region-1',
      AWS_ACCESS_KEY_ID: 'none',
      AWS_SECRET_ACCESS_KEY: 'none',
      AWS_MAX_ATTEMPTS: '1',
    };
    const { code, stderr } = await spawnCommand(
      'event',
      ['order_failed', '--room', '1', '--bus', 'b'],
      environment,
    ).ended;
    expect(code).toBe(1);
    expect(stderr).toContain('events.no-such-region-1.amazonaws.com');
  });

  it.each([
    [['order_exected', '--room', '42'], /expected one event type/],
    [['order_executed'], /--room is missing/],
    [['order_executed', '--room', 'a#b'], /roomId: a room id is/],
    [['order_executed', '--room', '42', '--data', '{'], /--data: expected JSON/],
    [['order_executed', '--room', '42', '--data', '[]'], /detail.data: expected an object/],
    [['order_executed', '--room', '42', '--data', '{"price":{}}'], /detail.data.price: must be/],
  ])('npm run event refuses the parameters %j before it sends anything', async (parameters, sentence) => {
    const { code, stderr } = await startCommand('event', [...parameters, '--port', port]).ended;
    expect(code).toBe(1);
    expect(stderr).toMatch(sentence);
  });
});

describe('npm run redrive', () => {
  it('npm run redrive --stage asks the queue of the stage in AWS, not an emulator that the shell names', async () => {
    const environment = {
      AWS_ENDPOINT_URL: emulator.endpoint,
      AWS_ENDPOINT_URL_SQS: emulator.endpoint,
      AWS_REGION: 'no-such-region-1',
      AWS_ACCESS_KEY_ID: 'none',
      AWS_SECRET_ACCESS_KEY: 'none',
      AWS_MAX_ATTEMPTS: '1',
    };
    const { code, stderr } = await spawnCommand('redrive', ['--stage', 'local'], environment).ended;
    expect(code).toBe(1);
    expect(stderr).toContain('no-such-region-1.amazonaws.com');
  });

  it.each([
    [['--stage', 'dev'], /--port names the local emulator, --stage a stage/],
    [['order-1'], /unexpected: order-1/],
  ])('npm run redrive refuses the parameters %j', async (parameters, sentence) => {
    const { code, stderr } = await startCommand('redrive', [...parameters, '--port', port]).ended;
    expect(code).toBe(1);
    expect(stderr).toMatch(sentence);
  });
});
