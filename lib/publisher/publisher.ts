import { randomUUID } from 'node:crypto';
import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { createAllowance } from './allowance.ts';
import { createOutbox, type Outcome } from './outbox.ts';
import { type PreparedEvent, prepareEvent } from './prepare-event.ts';
import { PublishError, type PublishErrorCode } from './publish-error.ts';
import { putEventsBy } from './put-events.ts';
import { type PublishedEvent, type RoomEvents, roomEvents } from './room-event.ts';
import { systemTime, type Time } from './time.ts';

export type { PublishErrorCode, PublishedEvent, RoomEvents, Time };
export { PublishError };

export interface PublisherOptions {
  /** Name or ARN of the bus: the stack's output `EventBusName`, at home `trade-room-local`. */
  bus: string;
  /** `trade-room`, or `trade-room.<service>`: others are ignored by the bus's rule. */
  source?: string;
  /** Default: one of the environment's region and credentials that leaves all retries to the publisher. */
  client?: EventBridgeClient;
  /** What could not be published. Default: a process warning, which prints a line. */
  onFailure?: (failure: PublishFailure) => void;
  /** A room takes 300 a second, of all services together; above this of each state only the newest is sent. */
  roomEventsPerSecond?: number;
  /** Milliseconds after which an event that EventBridge does not take is given up. */
  giveUpAfterMs?: number;
  /** Events that may wait; what comes on top of them fails with `too_many_waiting`. */
  mostWaiting?: number;
  /** For tests. */
  time?: Time;
  random?: () => number;
  newId?: () => string;
}

export interface PublishFailure {
  type: PublishedEvent['type'];
  roomId: string;
  id: string;
  /** EventBridge's or the SDK's, such as `ThrottlingException` or `AccessDeniedException`; or `too_many_waiting`. */
  code: string;
  message: string;
}

export interface PublishReport {
  published: number;
  /** Values of a state that were left out because a newer one was sent. */
  superseded: number;
  /** `index` is the event's place in the call. */
  failed: (PublishFailure & { index: number })[];
}

/**
 * All functions throw a PublishError at once for an event that its receiver would refuse; then nothing of the call is
 * sent. Beyond that they never reject, so that nobody has to wait for them: what could not be published is in the report,
 * and `onFailure` is told.
 */
export interface Publisher extends RoomEvents<Promise<PublishReport>> {
  publish(events: readonly PublishedEvent[]): Promise<PublishReport>;
  /** Resolves when everything that was given has been sent, superseded or given up. */
  flush(): Promise<void>;
  /** Flushes; what comes afterwards is refused. For SIGTERM. */
  close(): Promise<void>;
}

const SOURCE = /^trade-room(\.[\w.-]+)?$/;

/** @throws TypeError when an option is not usable. */
export function createPublisher({
  bus,
  source = 'trade-room',
  client = new EventBridgeClient({ maxAttempts: 1 }),
  onFailure = warn,
  roomEventsPerSecond = 250,
  giveUpAfterMs = 30_000,
  mostWaiting = 10_000,
  time = systemTime,
  random = Math.random,
  newId = randomUUID,
}: PublisherOptions): Publisher {
  if (typeof bus !== 'string' || bus === '') throw new TypeError('bus: expected the name or ARN of a bus');
  if (!SOURCE.test(source)) {
    throw new TypeError(`source: expected trade-room or trade-room.<service>, got "${source}"`);
  }
  const put = putEventsBy(client, bus, source);
  const overheadBytes = Buffer.byteLength(source);
  const outbox = createOutbox({ put, time, random, overheadBytes, giveUpAfterMs });
  const allowance = createAllowance(roomEventsPerSecond, time, outbox.add);
  const underWay = new Set<Promise<Outcome>>();
  let isClosed = false;

  function send(event: PreparedEvent): Promise<Outcome> {
    const sent = new Promise<Outcome>((settle) => {
      if (outbox.size + allowance.waiting < mostWaiting) allowance.offer({ event, settle });
      else
        settle({ status: 'failed', code: 'too_many_waiting', message: `${mostWaiting} events wait already` });
    }).then((outcome) => {
      if (outcome.status === 'failed') onFailure(failureOf(event, outcome));
      underWay.delete(sent);
      return outcome;
    });
    underWay.add(sent);
    return sent;
  }

  function publish(events: readonly PublishedEvent[]): Promise<PublishReport> {
    if (isClosed) throw new PublishError('closed', 'the publisher was closed');
    const prepared = events.map((event, index) => {
      const checked = prepareEvent(event, { newId, now: time.now });
      if (checked.ok) return checked.value;
      throw new PublishError(checked.code, `events[${index}], ${event.type}: ${checked.message}`);
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

function reportOf(events: PreparedEvent[], outcomes: Outcome[]): PublishReport {
  const report: PublishReport = { published: 0, superseded: 0, failed: [] };
  for (const [index, event] of events.entries()) {
    const outcome = outcomes[index];
    if (outcome?.status === 'failed') report.failed.push({ index, ...failureOf(event, outcome) });
    else if (outcome?.status === 'superseded') report.superseded += 1;
    else report.published += 1;
  }
  return report;
}

function failureOf(
  { type, roomId, id }: PreparedEvent,
  { code, message }: { code: string; message: string },
): PublishFailure {
  return { type, roomId, id, code, message };
}

function warn({ type, roomId, id, code, message }: PublishFailure): void {
  process.emitWarning(`${type} ${id} of room ${roomId} was not published: ${message}`, { code });
}
