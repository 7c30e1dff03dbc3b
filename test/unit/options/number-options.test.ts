import { describe, expect, it } from 'vitest';
import { createTradeRoomClient } from '../../../lib/client/client.ts';
import { clientNumbers, numbersOf, publisherNumbers } from '../../../lib/options/number-options.ts';
import { IDLE_TIMEOUT_MS, MAX_CONNECTION_MS } from '../../../lib/protocol/limits.ts';
import { createPublisher } from '../../../lib/publisher/publisher.ts';
import { scriptedWebSocket } from '../../support/scripted-web-socket.ts';

const NEVER = Number.POSITIVE_INFINITY;

const createClient = (options: object) =>
  createTradeRoomClient({
    url: 'ws://localhost:4001',
    getToken: () => 'token',
    WebSocket: scriptedWebSocket().WebSocket,
    ...options,
  });
const createService = (options: object) => createPublisher({ bus: 'bus', client: {} as never, ...options });

const tables = [
  ['a client', clientNumbers, createClient],
  ['a publisher', publisherNumbers, createService],
] as const;

describe.each(tables)('a number among the options of %s', (_, table, create) => {
  const names = Object.keys(table);

  it.each(names)('a number that makes no sense is refused by the name of its option: %s', (name) => {
    for (const value of [-1, -NEVER, Number.NaN, 1e-9, null, '500', true, {}, 10n, Symbol('ten')]) {
      expect(() => create({ [name]: value }), String(value)).toThrow(
        expect.objectContaining({
          name: 'TypeError',
          message: expect.stringMatching(new RegExp(`^${name}: expected a (whole )?number .+, got .+`)),
        }),
      );
    }
  });

  it.each(names)('an option that is undefined has its default: %s', (name) => {
    expect(() => create({ [name]: undefined })).not.toThrow();
  });

  it('a numeric option is taken from its least value on', () => {
    for (const [name, { least }] of Object.entries(table)) {
      expect(() => create({ [name]: least })).not.toThrow();
      expect(() => create({ [name]: least * 0.99 })).toThrow(`${name}: expected`);
    }
  });
});

it('0 and Infinity both mean "never" for times of a client', () => {
  for (const name of ['timeoutMs', 'pingIntervalMs', 'reconnectAfterMs'] as const) {
    expect(numbersOf(clientNumbers, { [name]: 0 })[name]).toBe(NEVER);
    expect(numbersOf(clientNumbers, { [name]: NEVER })[name]).toBe(NEVER);
  }
});

it('0 and Infinity are refused as a wait between two attempts, which would have no pause or no end', () => {
  for (const name of ['minBackoffMs', 'maxBackoffMs'] as const) {
    expect(() => createClient({ [name]: 0 })).toThrow(`${name}: expected a number of at least`);
    expect(() => createClient({ [name]: NEVER })).toThrow(`${name}: expected a number of at least`);
  }
});

it('0 and Infinity switch off the ceiling of a publisher, and its giving up, but not the bound of its memory', () => {
  expect(
    numbersOf(publisherNumbers, { maxEventsPerSecondPerRoom: NEVER, giveUpAfterMs: NEVER }),
  ).toMatchObject({
    maxEventsPerSecondPerRoom: NEVER,
    giveUpAfterMs: NEVER,
  });
  expect(() => createService({ giveUpAfterMs: 0 })).toThrow(/^giveUpAfterMs: .+, got 0$/);
  expect(() => createService({ maxQueued: NEVER })).toThrow(
    'maxQueued: expected a whole number from 1 to 100000, got Infinity',
  );
  expect(() => createService({ maxQueued: 1.5 })).toThrow('got 1.5');
});

it('a client pings and replaces its connection by default before API Gateway closes it', () => {
  const { pingIntervalMs, reconnectAfterMs } = numbersOf(clientNumbers, {});
  expect(pingIntervalMs).toBe(IDLE_TIMEOUT_MS / 2);
  expect(reconnectAfterMs).toBe(MAX_CONNECTION_MS - 600_000);
});

it('the waits between two attempts of a client are refused if the longest is shorter than the first', () => {
  expect(() => createClient({ minBackoffMs: 2_000, maxBackoffMs: 1_000 })).toThrow(
    'maxBackoffMs: expected at least minBackoffMs, 2000, got 1000',
  );
});

it('the waits between two attempts of a client are as long as the first if that alone is given, and longer than the longest by default', () => {
  expect(() => createClient({ minBackoffMs: 60_000 })).not.toThrow();
});
