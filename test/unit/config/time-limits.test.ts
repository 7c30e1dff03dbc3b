import { expect, it } from 'vitest';
import { MAX_KEY_FETCH_MS } from '../../../lib/auth/key-fetching.ts';
import { awsLimits } from '../../../lib/config/aws-limits.ts';
import { functions } from '../../../lib/config/functions.ts';
import { queues } from '../../../lib/config/queues.ts';
import { settings } from '../../../lib/config/settings.ts';
import { eventRule, routes } from '../../../lib/config/triggers.ts';
import { BROADCAST_BUDGET_MS } from '../../../lib/core/broadcast/broadcast-slice.ts';
import { MEMBER_RETRY_BUDGET_MS } from '../../../lib/core/broadcast/deliver-to-member.ts';
import { CLOSE_BUDGET_MS } from '../../../lib/core/connection/close-connection.ts';
import { PRUNE_ROOM_AFTER_MS } from '../../../lib/core/connection/refusal.ts';
import { ANNOUNCE_BUDGET_MS } from '../../../lib/core/messages/authenticate.ts';
import { connect } from '../../../lib/core/messages/connect.ts';
import { doubtOf, POST_TIMEOUT_MS } from '../../../lib/gateway/signed-gateway.ts';
import { INVOKE_TIMEOUT_MS, MAX_CALL_MS, MAX_PATIENT_CALL_MS } from '../../../lib/lambda/client-options.ts';
import { MAX_CONNECTION_MS } from '../../../lib/protocol/limits.ts';
import { retryDelay } from '../../../lib/queue/queues.ts';
import { noLog } from '../../support/recording-log.ts';

/** API Gateway waits no longer for the function of a route. */
const INTEGRATION_TIMEOUT_MS = awsLimits.integrationSeconds.value * 1_000;
/** Lambda gives a cold start no longer, beside the function's own time. */
const LONGEST_INIT_MS = awsLimits.initSeconds.value * 1_000;

/** The client's own `timeoutMs`, which its page states. */
const CLIENT_PATIENCE_MS = 10_000;

const timeoutOf = (name: keyof typeof functions) => functions[name].timeoutSeconds * 1000;
const routeFunctions = [...new Set(Object.values(routes).map((route) => route.function))];
// The last post and the close behind it may each begin before the budget ends.
const LONGEST_CLOSE_MS = CLOSE_BUDGET_MS + 2 * POST_TIMEOUT_MS;

// What a stream does before its broadcast, one after the other: the cursor, retained values, rows, the cursor; the rest of the
// interval; what was logged before, and the first page of members.
const BEFORE_BROADCAST_MS = 6 * MAX_CALL_MS + settings.deliveryIntervalMs.max;
// And behind it: the cursor, and a delivery; where that is not taken, the message is brought forward.
const BEHIND_BROADCAST_MS = MAX_CALL_MS + 2 * MAX_PATIENT_CALL_MS;

const streams = queues['room-events.fifo'];
/** How long a message of a stream that fails is tried, from its first try to its last. */
const streamRetriesSeconds = Array.from({ length: streams.redrive.maxReceiveCount - 1 }, (_, index) =>
  retryDelay(index + 1),
).reduce((sum, delay) => sum + delay);

it.each(routeFunctions)('the function %s ends before API Gateway stops waiting for it', (name) => {
  expect(timeoutOf(name)).toBeLessThan(INTEGRATION_TIMEOUT_MS);
});

it.each(routeFunctions)('the function %s has time to send an error and to close a connection', (name) => {
  expect(LONGEST_CLOSE_MS).toBeLessThan(timeoutOf(name));
});

it.each([
  ['keys', MAX_KEY_FETCH_MS],
  ['secret', MAX_CALL_MS],
])(
  'auth has time to fetch the %s, to check the token, and to answer the pending subscriptions',
  (_, longestFetch) => {
    const longest = longestFetch + MAX_PATIENT_CALL_MS + ANNOUNCE_BUDGET_MS + POST_TIMEOUT_MS;
    expect(longest).toBeLessThan(timeoutOf('auth'));
  },
);

it.each([
  ['keys', MAX_KEY_FETCH_MS],
  ['secret', MAX_CALL_MS],
])(
  'auth has time to fetch the %s, and to mark, inform and close a connection with a bad token',
  (_, longestFetch) => {
    expect(longestFetch + MAX_PATIENT_CALL_MS + LONGEST_CLOSE_MS).toBeLessThan(timeoutOf('auth'));
  },
);

it('a cold start waits for the keys for less time than Lambda gives it', () => {
  expect(MAX_KEY_FETCH_MS).toBeLessThan(LONGEST_INIT_MS);
});

it('a client waits for its first answer until auth has tried twice to fetch the keys', () => {
  expect(2 * MAX_KEY_FETCH_MS).toBeLessThan(CLIENT_PATIENCE_MS);
});

it('a post that is repeated on a fresh connection takes no longer than another', () => {
  expect(doubtOf(POST_TIMEOUT_MS)).toBeLessThan(POST_TIMEOUT_MS / 2);
});

it('a room that was left is remembered until no older message about it can be under way', () => {
  const longest = Math.max(...routeFunctions.map(timeoutOf));
  expect(PRUNE_ROOM_AFTER_MS).toBeGreaterThan(INTEGRATION_TIMEOUT_MS + longest);
});

it.each(['broadcast', 'broadcastWorker'] as const)(
  'whatever hangs, %s ends before Lambda stops it',
  (name) => {
    expect(MEMBER_RETRY_BUDGET_MS).toBeLessThanOrEqual(BROADCAST_BUDGET_MS);
    // Who is begun at the last moment: marked, looked at, told and closed, and its rows deleted in three steps.
    const longestMember = 5 * MAX_CALL_MS + LONGEST_CLOSE_MS;
    const around = name === 'broadcast' ? BEFORE_BROADCAST_MS + BEHIND_BROADCAST_MS : 0;
    expect(around + BROADCAST_BUDGET_MS + longestMember).toBeLessThan(timeoutOf(name));
  },
);

it('the broadcaster waits for a worker until it has certainly ended, cold start included', () => {
  expect(INVOKE_TIMEOUT_MS).toBeGreaterThan(LONGEST_INIT_MS + timeoutOf('broadcastWorker'));
});

it('the broadcaster runs until its last worker has answered or is given up', () => {
  // Workers are invoked after the first page of the room, which tells how many there must be.
  const longest = BEFORE_BROADCAST_MS + INVOKE_TIMEOUT_MS + BEHIND_BROADCAST_MS;
  expect(longest).toBeLessThan(timeoutOf('broadcast'));
});

it('a room stream is not given to a second broadcaster while one works on it, so a room has one writer', () => {
  expect(streams.visibilityTimeoutSeconds * 1000).toBeGreaterThan(timeoutOf(streams.consumer.function));
});

it('a room stream retries an event for at least two minutes before it dead-letters it', () => {
  expect(streamRetriesSeconds).toBeGreaterThanOrEqual(2 * 60);
});

it('a logged event is kept until its last attempt to be sent, even if a function crashes once', () => {
  const longest = streams.visibilityTimeoutSeconds + streamRetriesSeconds;
  expect(settings.recoverySeconds.min).toBeGreaterThan(longest);
  expect(settings.recoverySeconds.default).toBeGreaterThanOrEqual(settings.recoverySeconds.min);
});

it('an event can be recovered for longer than SQS recognises duplicates', () => {
  expect(settings.recoverySeconds.min).toBeGreaterThan(awsLimits.deduplicationSeconds.value);
});

it('the auth deadline has time to inform and close, and is not delivered again meanwhile', () => {
  expect(LONGEST_CLOSE_MS).toBeLessThan(timeoutOf('authDeadline'));
  const { visibilityTimeoutSeconds } = queues['auth-deadline'];
  expect(visibilityTimeoutSeconds * 1000).toBeGreaterThanOrEqual(6 * timeoutOf('authDeadline'));
});

it('an event that EventBridge or Lambda delivers again comes within the deduplication window of SQS', () => {
  const { maximumDeliveryAgeSeconds: atEventBridge, maximumEventAgeSeconds: atLambda } = eventRule;
  const last = atEventBridge + atLambda + functions[eventRule.function].timeoutSeconds;
  expect(last).toBeLessThan(awsLimits.deduplicationSeconds.value);
  // What the services accept.
  expect(Math.min(atEventBridge, atLambda)).toBeGreaterThanOrEqual(60);
});

it('the ingest has all of its retries before its event is given up', () => {
  // Lambda waits one minute before the first retry of an asynchronous invocation and two before the second.
  const waits = eventRule.maximumRetryAttempts === 2 ? 60 + 120 : Number.NaN;
  const runs = eventRule.maximumRetryAttempts * functions[eventRule.function].timeoutSeconds;
  expect(waits + runs).toBeLessThanOrEqual(eventRule.maximumEventAgeSeconds);
});

it('the ingest has time for its one call to SQS', () => {
  expect(MAX_PATIENT_CALL_MS).toBeLessThan(timeoutOf('ingest'));
});

it('the row of a connection outlives the connection, and the auth deadline comes long before', async () => {
  const ttls: number[] = [];
  const store = {
    createConnection: async ({ ttl }: { ttl: number }) => void ttls.push(ttl * 1000),
    deleteConnection: async () => undefined,
  };
  await connect(
    { log: noLog, store, scheduleAuthDeadline: async () => undefined },
    { connectionId: 'c', connectedAt: 0 },
  );
  expect(ttls).toHaveLength(1);
  expect(Math.min(...ttls)).toBeGreaterThan(MAX_CONNECTION_MS);
  expect(MAX_CONNECTION_MS).toBe(2 * 60 * 60 * 1000);
  expect(settings.authDeadlineSeconds.default * 1000).toBeLessThan(Math.min(...ttls));
});
