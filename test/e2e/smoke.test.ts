import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openStageClient } from '../../lib/canary/stage-client.ts';
import { startToy } from '../local/toy-stack.ts';
import { shellOfOtherWork } from '../support/shell-of-other-work.ts';
import { type LocalEmulator, spawnCommand, startCommand, startLocal } from '../support/start-local.ts';
import { unusedPort } from '../support/unused-port.ts';

let emulator: LocalEmulator;
let deployed: string[];

beforeAll(async () => {
  emulator = await startLocal({ ROOM_ACCESS: 'claim' });
  const token = await emulator.token('ops', { claims: { rooms: ['smoke-test'] } });
  const url = emulator.endpoint.replace('http', 'ws');
  deployed = [
    '--url',
    url,
    '--token',
    token,
    '--bus',
    'trade-room-local',
    '--endpoint-url',
    emulator.endpoint,
  ];
});
afterAll(() => emulator.stop());

/** A shell with credentials, and with an endpoint exported that must not be used. */
const shell = {
  ...shellOfOtherWork,
  AWS_PROFILE: undefined,
  AWS_CONFIG_FILE: undefined,
  AWS_REGION: 'eu-west-1',
  AWS_ACCESS_KEY_ID: 'any',
  AWS_SECRET_ACCESS_KEY: 'any',
};
const run = (...parameters: string[]) => startCommand('smoke', parameters, shell).ended;
const stepsOf = (stdout: string) => [...stdout.matchAll(/^(\w+) +\d+ ms/gm)].map(([, name]) => name);
const everyStep = [
  ...['connect', 'auth', 'subscribe', 'event', 'frame'],
  ...['missed', 'reconnect', 'recover', 'unsubscribe', 'close'],
];

/** The parameters of a deployed stage, with some of them changed. */
function deployedBut(changes: Record<string, string>): string[] {
  const parameters = [...deployed];
  for (const [name, value] of Object.entries(changes)) {
    const index = parameters.indexOf(name);
    if (index === -1) parameters.push(name, value);
    else parameters[index + 1] = value;
  }
  return parameters;
}

describe('npm run smoke', () => {
  it('npm run smoke says at once that a function failed before it could answer', async () => {
    const fails = () => Promise.reject(new Error('out of memory'));
    const toy = await startToy({ handlers: { fails }, routes: { $default: 'fails!' } });
    const client = await openStageClient(toy.endpoint.replace('http', 'ws'), 3_600_000);
    await expect(client.request('auth', {}, 'auth_success')).rejects.toThrow(
      'expected auth_success, but API Gateway said "Internal server error": see the log of the function',
    );
    client.abandon();
    await toy.close();
  });

  it('npm run smoke checks the emulator on a port, whatever is exported for AWS, and prints each step with its time', async () => {
    const { code, stdout, stderr } = await spawnCommand(
      'smoke',
      ['--port', String(emulator.port)],
      shellOfOtherWork,
    ).ended;
    expect({ code, stderr, steps: stepsOf(stdout) }).toEqual({ code: 0, stderr: '', steps: everyStep });
    expect(stdout).toMatch(/^frame +\d+ ms {2}\d+ ms after it was published$/m);
    expect(stdout).toMatch(/\nPassed in \d+ ms\.\n$/);
  });

  it('npm run smoke checks the stage whose url, bus and token are given', async () => {
    const { code, stdout, stderr } = await spawnCommand('smoke', deployed, shell).ended;
    expect({ code, stderr, steps: stepsOf(stdout) }).toEqual({ code: 0, stderr: '', steps: everyStep });
  });

  it.each<[string, Record<string, string>, string[], RegExp]>([
    [
      'a wrong token',
      { '--token': 'S3cr3t' },
      ['connect'],
      /^The step "auth" failed after \d+ ms: expected auth_success, got error auth_failed: .*\. Look at: the token /,
    ],
    [
      'a room that the token does not open',
      { '--room': '42' },
      ['connect', 'auth'],
      /^The step "subscribe" failed after \d+ ms: expected room_subscribed, got error forbidden_room: .*\. Look at: roomAccess /,
    ],
    [
      'a bus that refuses the event',
      { '--bus': 'trade-room-nowhere' },
      ['connect', 'auth', 'subscribe'],
      /^The step "event" failed after \d+ ms: not accepted, ResourceNotFoundException: .*\. Look at: the name of the bus/,
    ],
    [
      'a bus that takes the event and has no rule for it, as AWS does with one that does not exist',
      { '--bus': 'default', '--timeout': '0.5' },
      ['connect', 'auth', 'subscribe', 'event'],
      /^The step "frame" failed after \d+ ms: expected the frame of that event within 0.5 s, got nothing\. Look at: the name of the bus/,
    ],
  ])(
    'npm run smoke names the failed step, what it expected and where to look: %s',
    async (_, changes, passed, sentence) => {
      const { code, stdout, stderr } = await run(...deployedBut(changes));
      expect(code).toBe(1);
      expect(stepsOf(stdout)).toEqual(passed);
      expect(stderr).toMatch(sentence);
      expect(stderr).toMatch(/^.*\.\n$/);
      expect(stderr).not.toContain('S3cr3t');
    },
  );

  it('npm run smoke says that nothing listens at the url or port', async () => {
    const url = `ws://127.0.0.1:${await unusedPort()}`;
    const { code, stdout, stderr } = await run(...deployedBut({ '--url': url }));
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(/^The step "connect" failed .* ECONNREFUSED .*\. Look at: the URL/);
    const local = await run('--port', url.split(':').at(-1) ?? '');
    expect(local).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^Nothing answers on .*npm start/),
    });
  });

  it.each([
    [['--url', 'wss://example.com/dev', '--token', 't'], /^--url needs --bus/],
    [['--bus', 'trade-room-dev', '--token', 't'], /^--bus needs --url/],
    [['--url', 'wss://example.com/dev', '--bus', 'b'], /^--url needs --token/],
    [['--url', 'https://example.com', '--bus', 'b', '--token', 't'], /^--url: expected a WebSocket URL/],
    [['--timeout', 'soon'], /^--timeout: expected seconds/],
  ])('npm run smoke refuses the parameters %j before it connects', async (parameters, sentence) => {
    const { code, stdout, stderr } = await run(...parameters);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(sentence);
  });
});
