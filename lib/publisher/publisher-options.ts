import type { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import type { PublishFailure } from './publish-report.ts';
import type { Time } from './time.ts';

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

/** Those of which a wrong value would be noticed late or never. */
type Checked = 'bus' | 'source' | 'roomEventsPerSecond' | 'giveUpAfterMs' | 'mostWaiting';

const SOURCE = /^trade-room(\.[\w.-]+)?$/;

/** @throws TypeError that names the option, and what was expected. */
export function checkOptions({ bus, source, ...numbers }: Required<Pick<PublisherOptions, Checked>>): void {
  if (typeof bus !== 'string' || bus === '') throw new TypeError('bus: expected the name or ARN of a bus');
  if (!SOURCE.test(source)) {
    throw new TypeError(`source: expected trade-room or trade-room.<service>, got "${source}"`);
  }
  for (const [name, value] of Object.entries(numbers)) {
    if (typeof value === 'number' && value > 0) continue;
    throw new TypeError(`${name}: expected a number above 0, got ${value}`);
  }
}
