import { MAX_FRAME_BYTES } from './limits.ts';
import type { RoomEventType } from './room-events.ts';

/** An event whose `data` is JSON text. It is serialized once, so the log and every client get the same bytes. */
export interface SerializedEvent {
  type: RoomEventType;
  roomId: string;
  id: string;
  /** Epoch milliseconds. */
  publishedAt: number;
  data: string;
}

/** The position of a frame in its room. */
interface FramePosition {
  epoch: string;
  seq: number;
  /** Number of the frame sent before this one. Absent if the frame belongs to no sequence, as in a snapshot. */
  prev?: number;
}

/** Characters of an epoch at most; `core/stream/cursor.ts` makes epochs. */
export const EPOCH_LENGTH = 16;

/** The position at which the frame of an event is largest. */
export const LARGEST_POSITION: FramePosition = {
  epoch: '0'.repeat(EPOCH_LENGTH),
  seq: Number.MAX_SAFE_INTEGER,
  prev: Number.MAX_SAFE_INTEGER,
};

/** The text of the frame of an event: JSON. */
export function eventFrame(event: SerializedEvent, { epoch, seq, prev }: FramePosition): string {
  const { type, data, roomId, id, publishedAt } = event;
  const rest = JSON.stringify({ roomId, id, publishedAt, epoch, seq, prev });
  return `{"type":"${type}","data":${data},${rest.slice(1)}`;
}

/**
 * Packs frames of events into `batch` frames of at most `maxBytes`, in order. A frame that is alone, or too large to be
 * packed, is returned as it is.
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
