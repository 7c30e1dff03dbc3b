import type { BroadcastResult } from '../core/broadcast-result.ts';
import type { BroadcastSlice } from '../core/ports.ts';
import { decodeSlice } from '../workers/lambda-workers.ts';

/**
 * The worker's handler. It throws while nobody of its part has been sent anything; the caller then does the part
 * itself. It logs and counts nothing of its own but errors: the caller adds up.
 */
export function onBroadcastSlice(broadcastSlice: (work: BroadcastSlice) => Promise<BroadcastResult>) {
  return (payload: unknown): Promise<BroadcastResult> => broadcastSlice(decodeSlice(payload));
}
