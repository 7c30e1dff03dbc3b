import {
  DEFAULT_FLUSH_INTERVAL_MS,
  DEFAULT_RECOVERY_SECONDS,
  FLUSH_INTERVAL_RANGE,
  RECOVERY_RANGE,
} from '../config/flushing.ts';
import { BROADCAST_CONCURRENCY_RANGE, queues } from '../config/queues.ts';
import { wholeNumber } from './whole-number.ts';

export interface LaneSettingsProps {
  /**
   * Milliseconds that a room is left alone after it was sent something: what comes meanwhile is sent together. At most
   * 5,000.
   * @default 200
   */
  flushIntervalMs?: number;
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

export type LaneSettings = Required<LaneSettingsProps>;

/** Throws at what a broadcaster would not notice, or Lambda would refuse. */
export function laneSettings({
  flushIntervalMs = DEFAULT_FLUSH_INTERVAL_MS,
  recoverySeconds = DEFAULT_RECOVERY_SECONDS,
  broadcastConcurrency = queues['lanes.fifo'].consumer.maximumConcurrency,
}: LaneSettingsProps): LaneSettings {
  return {
    flushIntervalMs: wholeNumber('flushIntervalMs', flushIntervalMs, FLUSH_INTERVAL_RANGE),
    recoverySeconds: wholeNumber('recoverySeconds', recoverySeconds, RECOVERY_RANGE),
    broadcastConcurrency: wholeNumber(
      'broadcastConcurrency',
      broadcastConcurrency,
      BROADCAST_CONCURRENCY_RANGE,
    ),
  };
}
