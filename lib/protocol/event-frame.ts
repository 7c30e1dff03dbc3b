import { MAX_FRAME_BYTES } from './limits.ts';
import type { RoomEventType } from './room-events.ts';

/** An event whose `data` is JSON already: made once, and then the same bytes for the log and for every client. */
export interface SerializedEvent {
  type: RoomEventType;
  roomId: string;
  id: string;
  /** Epoch milliseconds. */
  publishedAt: number;
  data: string;
}

/** Where a frame stands in its room. */
export interface FramePosition {
  epoch: string;
  seq: number;
  /** Number of the frame that was sent before this one; absent where it belongs to no chain, as in a snapshot. */
  prev?: number;
}

/** The longest epoch; see `core/stream/head.ts`. */
export const EPOCH_LENGTH = 16;

/** No frame of an event is larger than at this position. */
export const LARGEST_POSITION: FramePosition = {
  epoch: '0'.repeat(EPOCH_LENGTH),
  seq: Number.MAX_SAFE_INTEGER,
  prev: Number.MAX_SAFE_INTEGER,
};

/** The text of an event's frame. */
export function eventFrame(event: SerializedEvent, { epoch, seq, prev }: FramePosition): string {
  const { type, data, roomId, id, publishedAt } = event;
  const rest = JSON.stringify({ roomId, id, publishedAt, epoch, seq, prev });
  return `{"type":"${type}","data":${data},${rest.slice(1)}`;
}

/**
 * Packs frames of events into as few `batch` frames of at most 32 KB as keep their order. An event that comes alone, or
 * is too large to be packed, keeps its own frame.
 */
export function packFrames(frames: readonly string[], maxBytes: number = MAX_FRAME_BYTES): string[] {
  const packs: { frames: string[]; bytes: number }[] = [];
  for (const frame of frames) {
    const bytes = encoder.encode(frame).byteLength;
    const last = packs.at(-1);
    if (last !== undefined && last.bytes + bytes + 1 <= maxBytes - BATCH_OVERHEAD_BYTES) {
      last.frames.push(frame);
      last.bytes += bytes + 1;
    } else {
      packs.push({ frames: [frame], bytes });
    }
  }
  return packs.map(({ frames }) => (frames.length === 1 ? frames.join() : batchFrame(frames)));
}

function batchFrame(frames: readonly string[]): string {
  return `{"type":"batch","data":{"events":[${frames.join()}]}}`;
}

const encoder = new TextEncoder();
const BATCH_OVERHEAD_BYTES = batchFrame([]).length;
