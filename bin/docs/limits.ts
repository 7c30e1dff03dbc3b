import { DEDUPLICATION_SECONDS, queues, STREAM_SENDS_PER_SECOND } from '../../lib/config/queues.ts';
import { postsPerSecond } from '../../lib/config/setting-values.ts';
import { eventRule } from '../../lib/config/triggers.ts';
import { BROADCAST_BUDGET_MS } from '../../lib/core/broadcast/broadcast-slice.ts';
import { MEMBER_RETRY_BUDGET_MS } from '../../lib/core/broadcast/deliver-to-member.ts';
import { functionsFor, MEMBERS_PER_SLICE } from '../../lib/core/broadcast/room-slice.ts';
import { framesThatFit } from '../../lib/core/stream/conflate.ts';
import { CURSOR_TTL_MS, RETAINED_VALUE_TTL_MS, TOMBSTONE_TTL_MS } from '../../lib/core/stream/cursor.ts';
import { MOST_RECOVERED_EVENTS } from '../../lib/core/stream/recover.ts';
import { POST_TIMEOUT_MS } from '../../lib/gateway/signed-gateway.ts';
import { INVOKE_TIMEOUT_MS } from '../../lib/lambda/client-options.ts';
import { MAX_ROOMS_PER_CONNECTION } from '../../lib/protocol/limits.ts';
import { count, table } from './markdown.ts';

const seconds = (milliseconds: number) => `${count(milliseconds / 1_000)} s`;
const days = (milliseconds: number) =>
  `${milliseconds / (24 * 60 * 60 * 1_000)} days`.replace(/^1 days$/, '1 day');

/** Times and amounts that the stack keeps to and no setting changes. */
export function boundsTable(): string {
  const stream = queues['room-events.fifo'];
  return table(
    ['bound', 'value'],
    [
      ['events a second of one room (SQS, sends to one message group)', count(STREAM_SENDS_PER_SECOND)],
      ['duplicates of an event are dropped within', seconds(DEDUPLICATION_SECONDS * 1_000)],
      ['EventBridge tries to invoke the ingest for', seconds(eventRule.maximumDeliveryAgeSeconds * 1_000)],
      [
        'Lambda retries the ingest until an event is older than',
        seconds(eventRule.maximumEventAgeSeconds * 1_000),
      ],
      ['visibility timeout of `room-events.fifo`', seconds(stream.visibilityTimeoutSeconds * 1_000)],
      [
        'receives of a message of `room-events.fifo` before it is a dead letter',
        count(stream.redrive.maxReceiveCount),
      ],
      ['retention of `room-events.fifo`', days(stream.retentionSeconds * 1_000)],
      ['retention of dead letters', days(queues['event-dead-letters'].retentionSeconds * 1_000)],
      ['a delivery begins no post after', seconds(BROADCAST_BUDGET_MS)],
      ['one post is broken off after', seconds(POST_TIMEOUT_MS)],
      ['a member is retried for', seconds(MEMBER_RETRY_BUDGET_MS)],
      ['`broadcast` waits for the answer of a worker for', seconds(INVOKE_TIMEOUT_MS)],
      ['events in one recovery', count(MOST_RECOVERED_EVENTS)],
      ['rooms of one connection', count(MAX_ROOMS_PER_CONNECTION)],
      ['the cursor of a room without events is kept for', days(CURSOR_TTL_MS)],
      ['a retained value is kept after its write for', days(RETAINED_VALUE_TTL_MS)],
      ['the end of a position is remembered for', days(TOMBSTONE_TTL_MS)],
    ],
  );
}

const SIZES = [100, 1_000, 4_999, 5_000, 7_500, 10_000, 45_000, 100_000];

/** What one delivery does in rooms of several sizes, at the default quota. */
export function capacityTable(): string {
  const rate = postsPerSecond();
  return table(
    ['members', 'functions that post', 'frames of one delivery, single', 'seconds for one frame to all'],
    SIZES.map((members) => [
      count(members),
      count(functionsFor(members, rate, MEMBERS_PER_SLICE)),
      count(framesIn(members, rate)),
      (members / rate).toFixed(1),
    ]),
  );
}

function framesIn(members: number, rate: number): number {
  const member = { connectionId: 'c', tokenExpiresAt: 0, version: 1, batch: false };
  return framesThatFit({ members: Array.from({ length: members }, () => member), rest: undefined }, rate);
}
