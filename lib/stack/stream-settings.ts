import {
  DEFAULT_DELIVERY_INTERVAL_MS,
  DEFAULT_RECOVERY_SECONDS,
  DELIVERY_INTERVAL_RANGE,
  RECOVERY_RANGE,
} from '../config/delivery.ts';
import { BROADCAST_CONCURRENCY_RANGE, queues } from '../config/queues.ts';
import { wholeNumber } from './whole-number.ts';

export interface StreamSettingsProps {
  /**
   * Milliseconds that a room is left alone after it was sent something: what comes meanwhile is sent together. At most
   * 5,000.
   * @default 200
   */
  deliveryIntervalMs?: number;
  /**
   * Seconds for which clients that were away can recover what they missed: from 360 to a day.
   * @default 600
   */
  recoverySeconds?: number;
  /**
   * Batches of broadcasts at a time, so that they cannot eat the account's functions and its post quota: from 2 to 1,000.
   * @default 50
   */
  broadcastConcurrency?: number;
}

export type StreamSettings = Required<StreamSettingsProps>;

/** Throws at what a broadcaster would not notice, or Lambda would refuse. */
export function streamSettings({
  deliveryIntervalMs = DEFAULT_DELIVERY_INTERVAL_MS,
  recoverySeconds = DEFAULT_RECOVERY_SECONDS,
  broadcastConcurrency = queues['room-events.fifo'].consumer.maximumConcurrency,
}: StreamSettingsProps): StreamSettings {
  return {
    deliveryIntervalMs: wholeNumber('deliveryIntervalMs', deliveryIntervalMs, DELIVERY_INTERVAL_RANGE),
    recoverySeconds: wholeNumber('recoverySeconds', recoverySeconds, RECOVERY_RANGE),
    broadcastConcurrency: wholeNumber(
      'broadcastConcurrency',
      broadcastConcurrency,
      BROADCAST_CONCURRENCY_RANGE,
    ),
  };
}
