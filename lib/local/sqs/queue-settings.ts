import type { Time } from '../time.ts';
import type { StoredMessage } from './stored-message.ts';

/** https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html */
export const DEFAULT_RETENTION_SECONDS = 4 * 24 * 60 * 60;

/** What every kind of queue is told. */
export interface QueueSettings {
  delaySeconds: number;
  visibilityTimeoutSeconds: number;
  /** Default: `DEFAULT_RETENTION_SECONDS`. */
  retentionSeconds?: number;
  /** Takes the message that has been received too often, at the moment when it would be received once more. */
  redrive?: { maxReceiveCount: number; deadLetter(message: StoredMessage): void };
  /** Hears of a message that is older than the retention, at the moment when it would be received. */
  onExpired?(message: StoredMessage): void;
  /** Whether a message of a standard queue that was just received comes once more, when this resolves. */
  comesOnceMore?(message: StoredMessage): Promise<boolean>;
  time: Time;
  newId(): string;
}

/**
 * Whether a message leaves the queue instead of being received, because it is older than the retention or has been
 * received too often; it then goes where it belongs.
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
