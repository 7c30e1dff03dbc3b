import type { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { numbersOf, publisherNumbers, show } from '../options/number-options.ts';
import type { Time } from '../options/time.ts';
import type { EventRefusal } from '../protocol/parse-room-event.ts';
import type { Outcome } from './outbox.ts';
import type { PreparedEvent, PublishedEvent } from './room-event.ts';

export interface PublisherOptions {
  /** Name or ARN of the bus: the stack's output `EventBusName`; with the local emulator `trade-room-local`. */
  bus: string;
  /** `trade-room` or `trade-room.<service>`; the rule of the bus ignores any other source. Default: `trade-room`. */
  source?: string;
  /** Default: a client with the region and credentials of the environment and without retries; the publisher retries itself. */
  client?: EventBridgeClient;
  /** Called with every event that could not be published. Default: a process warning, which prints a line. */
  onFailure?: (failure: PublishFailure) => void;
  /** Events per second of one room from this publisher. Above it only the newest value of each state is sent. A room takes 300 a second from all services together. */
  maxEventsPerSecondPerRoom?: number;
  /** Milliseconds after which an event that EventBridge did not take is given up. After 23 hours it is in any case: the ingest refuses an event of more than a day ago. */
  giveUpAfterMs?: number;
  /** How many events may wait. Further events fail with `queue_full`. */
  maxQueued?: number;
  /** For tests. */
  time?: Time;
  random?: () => number;
  newId?: () => string;
}

type CheckedOptions = PublisherOptions & Required<Pick<PublisherOptions, 'source' | 'onFailure'>>;

const SOURCE = /^trade-room(\.[\w.-]+)?$/;

/**
 * Checks all options and returns the numbers, given or default.
 * @throws TypeError that names the option and says what was expected.
 */
export function checkOptions({ bus, source, onFailure, ...given }: CheckedOptions) {
  if (typeof bus !== 'string' || bus === '') throw new TypeError('bus: expected the name or ARN of a bus');
  if (typeof onFailure !== 'function') {
    throw new TypeError(`onFailure: expected a function, got ${show(onFailure)}`);
  }
  if (typeof source !== 'string' || !SOURCE.test(source)) {
    throw new TypeError(`source: expected trade-room or trade-room.<service>, got ${show(source)}`);
  }
  return numbersOf(publisherNumbers, given);
}

/** Why a call was refused before any of its events was sent. */
export type PublishErrorCode =
  | EventRefusal
  /** `close()` was called. */
  | 'closed';

/** A refused call: none of its events was sent. `message` names the event and says what was expected. */
export class PublishError extends Error {
  override readonly name = 'PublishError';
  readonly code: PublishErrorCode;

  constructor(code: PublishErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.code = code;
  }
}

/** A valid event that could not be published. */
export interface PublishFailure {
  type: PublishedEvent['type'];
  roomId: string;
  id: string;
  /**
   * The code of EventBridge or of the SDK, such as `ThrottlingException` or `AccessDeniedException`; `TimeoutError` if there was
   * no answer; `queue_full`.
   */
  code: string;
  message: string;
}

export interface PublishReport {
  published: number;
  /** How many values of a state were not sent, because a newer value was sent instead. */
  superseded: number;
  /** `index` is the position of the event in the call. */
  failed: (PublishFailure & { index: number })[];
}

export function reportOf(events: readonly PreparedEvent[], outcomes: readonly Outcome[]): PublishReport {
  const report: PublishReport = { published: 0, superseded: 0, failed: [] };
  for (const [index, event] of events.entries()) {
    const outcome = outcomes[index];
    if (outcome?.status === 'failed') report.failed.push({ index, ...failureOf(event, outcome) });
    else if (outcome?.status === 'superseded') report.superseded += 1;
    else report.published += 1;
  }
  return report;
}

export function failureOf(
  { type, roomId, id }: PreparedEvent,
  { code, message }: { code: string; message: string },
): PublishFailure {
  return { type, roomId, id, code, message };
}
