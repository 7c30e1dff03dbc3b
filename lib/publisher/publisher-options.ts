import type { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { numbersOf, publisherNumbers, show } from '../options/number-options.ts';
import type { Time } from '../options/time.ts';
import type { PublishFailure } from './publish-report.ts';

export interface PublisherOptions {
  /** Name or ARN of the bus: the stack's output `EventBusName`, locally `trade-room-local`. */
  bus: string;
  /** `trade-room`, or `trade-room.<service>`: others are ignored by the bus's rule. */
  source?: string;
  /** Default: one of the environment's region and credentials that leaves all retries to the publisher. */
  client?: EventBridgeClient;
  /** What could not be published. Default: a process warning, which prints a line. */
  onFailure?: (failure: PublishFailure) => void;
  /** A room takes 300 a second, of all services together; above this of each state only the newest is sent. */
  maxEventsPerSecondPerRoom?: number;
  /** Milliseconds after which an event that EventBridge does not take is given up. */
  giveUpAfterMs?: number;
  /** Events that may wait; what comes on top of them fails with `queue_full`. */
  maxQueued?: number;
  /** For tests. */
  time?: Time;
  random?: () => number;
  newId?: () => string;
}

type CheckedOptions = PublisherOptions & Required<Pick<PublisherOptions, 'source' | 'onFailure'>>;

const SOURCE = /^trade-room(\.[\w.-]+)?$/;

/**
 * The numbers, as they are given or by default.
 * @throws TypeError that names the option, and what was expected: a wrong value would be noticed late or never.
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
