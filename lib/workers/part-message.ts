import * as v from 'valibot';
import type { BroadcastResult } from '../core/broadcast-result.ts';
import type { PartOfBroadcast } from '../core/ports.ts';

const count = v.pipe(v.number(), v.minValue(0));
const positive = v.pipe(v.number(), v.gtValue(0));

const partSchema = v.object({
  roomId: v.string(),
  part: v.object({ from: count, to: count }),
  frames: v.pipe(v.array(v.string()), v.minLength(1)),
  limits: v.object({ postsPerSecond: positive, burst: positive }),
});

const resultSchema = v.object({
  delivered: count,
  gone: count,
  expired: count,
  failed: count,
  // A worker of the release before, in the minute of a deploy, does not know it.
  throttledOut: v.optional(count, 0),
  late: v.optional(count, 0),
  throttled: count,
  posts: count,
  lastDeliveryAt: count,
  functions: count,
  complete: v.boolean(),
  interrupted: v.boolean(),
}) satisfies v.GenericSchema<unknown, BroadcastResult>;

/** The payload of the worker's invocation. */
export function encodePart({ roomId, part, frames, limits }: PartOfBroadcast): string {
  const { from, to } = part;
  const message = { roomId, part: { from, to }, frames: [...frames], limits };
  return JSON.stringify(message satisfies v.InferInput<typeof partSchema>);
}

/** Throws when the payload is none of `encodePart`, such as one that somebody invoked by hand. */
export function decodePart(payload: unknown): PartOfBroadcast {
  return v.parse(partSchema, payload);
}

/** What the worker returns is what its handler gave; throws when it is anything else. */
export function decodeResult(payload: unknown): BroadcastResult {
  return v.parse(resultSchema, payload);
}
