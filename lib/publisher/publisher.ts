import { randomUUID } from 'node:crypto';
import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { show, textOf } from '../options/number-options.ts';
import { systemTime, type Time } from '../options/time.ts';
import {
  checkOptions,
  failureOf,
  PublishError,
  type PublishErrorCode,
  type PublisherOptions,
  type PublishFailure,
  type PublishReport,
  reportOf,
} from './api.ts';
import { createOutbox, type Outcome } from './outbox.ts';
import { putEventsBy } from './put-events.ts';
import {
  type PreparedEvent,
  type PublishedEvent,
  prepareEvent,
  type RoomEvents,
  roomEvents,
} from './room-event.ts';
import { createRoomRateLimiter } from './room-rate-limiter.ts';

export type {
  PublishErrorCode,
  PublishedEvent,
  PublisherOptions,
  PublishFailure,
  PublishReport,
  RoomEvents,
  Time,
};
export { PublishError };

/**
 * Every function throws a PublishError at once for an event that the receiver would refuse; then no event of the call is sent.
 * The returned promise never rejects, so a service need not await it. Events that could not be published are in the report and
 * go to `onFailure`.
 */
export interface Publisher extends RoomEvents<Promise<PublishReport>> {
  publish(events: readonly PublishedEvent[]): Promise<PublishReport>;
  /** Resolves when every event so far has been sent, superseded or given up. */
  flush(): Promise<void>;
  /** Refuses further events and flushes. Call it on SIGTERM. */
  close(): Promise<void>;
}

/** @throws TypeError when an option is not usable. */
export function createPublisher({
  bus,
  source = 'trade-room',
  client = new EventBridgeClient({ maxAttempts: 1 }),
  onFailure = warn,
  time = systemTime,
  random = Math.random,
  newId = randomUUID,
  ...given
}: PublisherOptions): Publisher {
  const { maxEventsPerSecondPerRoom, giveUpAfterMs, maxQueued } = checkOptions({
    bus,
    source,
    onFailure,
    ...given,
  });
  const put = putEventsBy(client, { bus, source, time });
  const overheadBytes = Buffer.byteLength(source);
  const outbox = createOutbox({ put, time, random, overheadBytes, giveUpAfterMs });
  const rateLimiter = createRoomRateLimiter(maxEventsPerSecondPerRoom, time, outbox.add);
  const underWay = new Set<Promise<Outcome>>();
  let isClosed = false;

  function send(event: PreparedEvent): Promise<Outcome> {
    const sent = new Promise<Outcome>((settle) => {
      if (outbox.size + rateLimiter.waiting < maxQueued) rateLimiter.offer({ event, settle });
      else
        settle({ status: 'failed', code: 'queue_full', message: `${maxQueued} events are already waiting` });
    }).then((outcome) => {
      if (outcome.status === 'failed') notify(failureOf(event, outcome));
      underWay.delete(sent);
      return outcome;
    });
    underWay.add(sent);
    return sent;
  }

  /** Calls `onFailure` in a promise, so that an error of that function does not stop the publisher. */
  function notify(failure: PublishFailure): void {
    Promise.resolve(failure)
      .then(onFailure)
      .catch((error) => process.emitWarning(`onFailure: ${error instanceof Error ? error : show(error)}`));
  }

  function publish(events: readonly PublishedEvent[]): Promise<PublishReport> {
    if (isClosed) throw new PublishError('closed', 'the publisher was closed');
    const prepared = events.map((event, index) => {
      // A service without types may give `undefined` for an event: it is one without fields.
      const given: PublishedEvent = Object(event);
      const checked = prepareEvent(given, { newId, now: time.now });
      if (checked.ok) return checked.value;
      throw new PublishError(checked.code, `events[${index}], ${textOf(given.type)}: ${checked.message}`);
    });
    return Promise.all(prepared.map(send)).then((outcomes) => reportOf(prepared, outcomes));
  }

  async function flush(): Promise<void> {
    while (underWay.size > 0) await Promise.all(underWay);
  }

  return {
    ...roomEvents((event) => publish([event])),
    publish,
    flush,
    close() {
      isClosed = true;
      return flush();
    },
  };
}

function warn({ type, roomId, id, code, message }: PublishFailure): void {
  process.emitWarning(`${type} ${id} of room ${roomId} was not published: ${message}`, { code });
}
