import type { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { numbersOf, publisherNumbers, show } from '../options/number-options.ts';
import type { Time } from '../options/time.ts';
import type { PublishFailure } from './publish-report.ts';

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
