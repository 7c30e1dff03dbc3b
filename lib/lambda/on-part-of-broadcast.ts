import type { BroadcastResult } from '../core/broadcast-result.ts';
import type { PartOfBroadcast } from '../core/ports.ts';
import { decodePart } from '../workers/lambda-workers.ts';

/**
 * The worker's handler. It throws while nobody of its part has been sent anything; the caller then does the part
 * itself. It logs and counts nothing of its own but errors: the caller adds up.
 */
export function onPartOfBroadcast(broadcastPart: (work: PartOfBroadcast) => Promise<BroadcastResult>) {
  return (payload: unknown): Promise<BroadcastResult> => broadcastPart(decodePart(payload));
}
