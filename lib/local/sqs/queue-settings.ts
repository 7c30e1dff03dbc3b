import type { Time } from '../time.ts';
import type { StoredMessage } from './stored-message.ts';

/** What every kind of queue is told. */
export interface QueueSettings {
  delaySeconds: number;
  visibilityTimeoutSeconds: number;
  /** Takes the message that has been received too often, at the moment when it would be received once more. */
  redrive?: { maxReceiveCount: number; deadLetter(message: StoredMessage): void };
  time: Time;
  newId(): string;
}

export function isReceivedTooOften({ redrive }: QueueSettings, { receiveCount }: StoredMessage): boolean {
  return redrive !== undefined && receiveCount >= redrive.maxReceiveCount;
}
