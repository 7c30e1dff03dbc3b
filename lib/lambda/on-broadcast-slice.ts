import type { BroadcastResult } from '../core/broadcast-result.ts';
import type { BroadcastWork } from '../core/ports.ts';
import { decodeWork } from '../workers/lambda-workers.ts';

/**
 * The handler of a worker. Rejects only if no member of its slice was sent anything; the caller then delivers the slice.
 * It logs errors only, and counts nothing: the caller logs and counts the whole delivery.
 */
export function onBroadcastSlice(broadcastSlice: (work: BroadcastWork) => Promise<BroadcastResult>) {
  return (payload: unknown): Promise<BroadcastResult> => broadcastSlice(decodeWork(payload));
}
