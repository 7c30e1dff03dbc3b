import { packFrames } from '../protocol/event-frame.ts';

/** What members are posted: the same events, as bytes that are made and hashed once. */
export interface MemberFrames {
  /** One frame an event. */
  single: readonly Uint8Array[];
  /** As few as hold them, for members that take `batch` frames. */
  packed: readonly Uint8Array[];
}

export function encodeFrames(frames: readonly string[]): MemberFrames {
  const encoder = new TextEncoder();
  const single = frames.map((frame) => encoder.encode(frame));
  if (frames.length === 1) return { single, packed: single };
  return { single, packed: packFrames(frames).map((frame) => encoder.encode(frame)) };
}
