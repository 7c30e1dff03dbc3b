import * as v from 'valibot';
import type { BroadcastResult } from '../core/broadcast-result.ts';
import type { PartOfBroadcast } from '../core/ports.ts';

const count = v.pipe(v.number(), v.minValue(0));
const positive = v.pipe(v.number(), v.gtValue(0));

const partSchema = v.object({
  roomId: v.string(),
  part: v.object({ from: count, to: count }),
  /** The text of the frame: JSON in JSON is shorter than base64. */
  frame: v.string(),
  limits: v.object({ postsPerSecond: positive, burst: positive }),
});

const resultSchema = v.object({
  delivered: count,
  gone: count,
  expired: count,
  failed: count,
  throttled: count,
  posts: count,
  lastDeliveryAt: count,
  functions: count,
  complete: v.boolean(),
}) satisfies v.GenericSchema<BroadcastResult>;

/** The payload of the worker's invocation. */
export function encodePart({ roomId, part, frame, limits }: PartOfBroadcast): string {
  const { from, to } = part;
  const message = { roomId, part: { from, to }, frame: new TextDecoder().decode(frame), limits };
  return JSON.stringify(message satisfies v.InferInput<typeof partSchema>);
}

/** Throws when the payload is none of `encodePart`, such as one that somebody invoked by hand. */
export function decodePart(payload: unknown): PartOfBroadcast {
  const message = v.parse(partSchema, payload);
  return { ...message, frame: new TextEncoder().encode(message.frame) };
}

/** What the worker returns is what its handler gave; throws when it is anything else. */
export function decodeResult(payload: unknown): BroadcastResult {
  return v.parse(resultSchema, payload);
}
