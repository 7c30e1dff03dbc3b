import { awsLimits } from '../../lib/config/aws-limits.ts';
import { queues } from '../../lib/config/queues.ts';
import { postsPerSecond } from '../../lib/config/read-settings.ts';
import { settings } from '../../lib/config/settings.ts';
import { eventRule } from '../../lib/config/triggers.ts';
import { BROADCAST_BUDGET_MS } from '../../lib/core/broadcast/broadcast-slice.ts';
import { MEMBER_RETRY_BUDGET_MS } from '../../lib/core/broadcast/deliver-to-member.ts';
import { functionsFor, MEMBERS_PER_SLICE } from '../../lib/core/broadcast/room-slice.ts';
import { CURSOR_TTL_MS, RETAINED_VALUE_TTL_MS, TOMBSTONE_TTL_MS } from '../../lib/core/stream/cursor.ts';
import { framesThatFit } from '../../lib/core/stream/delivery-frames.ts';
import { MAX_RECOVERED_EVENTS } from '../../lib/core/stream/recovery.ts';
import { POST_TIMEOUT_MS } from '../../lib/gateway/signed-gateway.ts';
import { INVOKE_TIMEOUT_MS } from '../../lib/lambda/client-options.ts';
import type { ErrorCode } from '../../lib/protocol/error-codes.ts';
import {
  IDLE_TIMEOUT_MS,
  MAX_CLIENT_MESSAGE_BYTES,
  MAX_CONNECTION_MS,
  MAX_EVENT_ID_LENGTH,
  MAX_FRAME_BYTES,
  MAX_MESSAGE_BYTES,
  MAX_REQUEST_ID_LENGTH,
  MAX_ROOM_ID_LENGTH,
  MAX_ROOMS_PER_CONNECTION,
} from '../../lib/protocol/limits.ts';
import type { EventRefusal } from '../../lib/protocol/parse-room-event.ts';
import type { UnrecoveredReason } from '../../lib/protocol/server-messages.ts';
import { code, count, table } from './markdown.ts';

const seconds = (milliseconds: number) => `${count(milliseconds / 1_000)} s`;
const days = (milliseconds: number) =>
  `${milliseconds / (24 * 60 * 60 * 1_000)} days`.replace(/^1 days$/, '1 day');

/** Times and amounts that the stack keeps to and no setting changes. */
export function boundsTable(): string {
  const stream = queues['room-events.fifo'];
  return table(
    ['bound', 'value'],
    [
      ['events a second of one room (SQS, sends to one message group)', count(awsLimits.sendsPerGroup.value)],
      ['duplicates of an event are dropped within', seconds(awsLimits.deduplicationSeconds.value * 1_000)],
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
      ['events in one recovery', count(MAX_RECOVERED_EVENTS)],
      ['rooms of one connection', count(MAX_ROOMS_PER_CONNECTION)],
      ['the cursor of a room without events is kept for', days(CURSOR_TTL_MS)],
      ['a retained value is kept after its write for', days(RETAINED_VALUE_TTL_MS)],
      ['the end of a position is remembered for', days(TOMBSTONE_TTL_MS)],
    ],
  );
}

const kilobytes = (bytes: number) => `${bytes / 1024} KB`;
/** The codes with which something beyond a limit is refused. */
const refused = (...codes: (ErrorCode | EventRefusal | UnrecoveredReason)[]) => codes.map(code).join(', ');
const minutes = (milliseconds: number) => `${milliseconds / 60_000} minutes`;
const characters = (length: number) => `${length} characters`;

/** What clients and services must keep to on the wire and on the bus. */
export function wireLimitTable(): string {
  const { recoverySeconds, authDeadlineSeconds } = settings;
  return table(
    ['limit', 'value', 'above it', 'set by'],
    [
      [
        'a client message',
        kilobytes(MAX_CLIENT_MESSAGE_BYTES),
        `${refused('too_large')}; close 1009 if a WebSocket frame of it is above ${kilobytes(MAX_FRAME_BYTES)}, or the message above ${kilobytes(MAX_MESSAGE_BYTES)}`,
        'API Gateway',
      ],
      ['a frame to clients', kilobytes(MAX_MESSAGE_BYTES), 'the event is dead-lettered', 'API Gateway'],
      [
        'a `batch` frame',
        kilobytes(MAX_FRAME_BYTES),
        'the next frame begins',
        'the billing unit of API Gateway',
      ],
      ['events in one recovery', count(MAX_RECOVERED_EVENTS), refused('too_old'), 'this stack'],
      ['the answer to a recovery', kilobytes(MAX_MESSAGE_BYTES), refused('too_large'), 'API Gateway'],
      [
        'age of a recovered event',
        `${minutes(recoverySeconds.default * 1_000)} by default`,
        refused('too_old'),
        'the setting `recoverySeconds`',
      ],
      ['rooms of a connection', count(MAX_ROOMS_PER_CONNECTION), refused('too_many_rooms'), 'this stack'],
      [
        'silence on a connection',
        minutes(IDLE_TIMEOUT_MS),
        'close 1001: send `ping` every 5 minutes',
        'API Gateway',
      ],
      ['age of a connection', minutes(MAX_CONNECTION_MS), 'close 1001: connect again', 'API Gateway'],
      [
        'time to authenticate',
        `${authDeadlineSeconds.default} s by default`,
        refused('auth_timeout'),
        'the setting `authDeadlineSeconds`',
      ],
      [
        'a room id',
        characters(MAX_ROOM_ID_LENGTH),
        refused('invalid_message', 'invalid_event'),
        'this stack',
      ],
      ['the `id` of a request', characters(MAX_REQUEST_ID_LENGTH), refused('invalid_message'), 'this stack'],
      ['the `id` of an event', characters(MAX_EVENT_ID_LENGTH), refused('invalid_event'), 'this stack'],
    ],
  );
}

/** The limits of AWS on which the code relies, with the pages that state them. */
export function awsLimitTable(): string {
  return table(
    ['service', 'what', 'limit', 'note'],
    Object.values<{
      note?: string;
      service: string;
      what: string;
      value: number;
      unit: string;
      source: string;
    }>(awsLimits).map(({ service, what, value, unit, note = '', source }) => [
      service,
      what,
      `[${count(value)} ${unit}](${source})`,
      note,
    ]),
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
