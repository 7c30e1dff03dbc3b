import type { Time } from '../time.ts';
import type { StoredMessage } from './stored-message.ts';

/** https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html */
export const DEFAULT_RETENTION_SECONDS = 4 * 24 * 60 * 60;

/** The settings of every kind of queue. */
export interface QueueSettings {
  delaySeconds: number;
  visibilityTimeoutSeconds: number;
  /** Default: `DEFAULT_RETENTION_SECONDS`. */
  retentionSeconds?: number;
  /** Called for a message that was received too often, when it would be received once more. */
  redrive?: { maxReceiveCount: number; deadLetter(message: StoredMessage): void };
  /** Called for a message that is older than the retention, when it would be received. */
  onExpired?(message: StoredMessage): void;
  /** Whether a message of a standard queue that was just received is delivered a second time, when this resolves. */
  comesOnceMore?(message: StoredMessage): Promise<boolean>;
  time: Time;
  newId(): string;
}

/**
 * Whether a message leaves the queue instead of being received: expired, because it is older than the retention, or
 * dead-lettered, because it was received too often.
 */
export function leaves(settings: QueueSettings, message: StoredMessage): boolean {
  const { redrive, retentionSeconds = DEFAULT_RETENTION_SECONDS, time } = settings;
  if (time.now() - message.keptSince >= retentionSeconds * 1000) {
    settings.onExpired?.(message);
    return true;
  }
  if (redrive === undefined || message.receiveCount < redrive.maxReceiveCount) return false;
  redrive.deadLetter(message);
  return true;
}
