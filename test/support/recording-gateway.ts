import type { Gateway, PostOutcome } from '../../lib/core/ports.ts';

interface Frame {
  type: string;
  data: Record<string, unknown>;
  id?: unknown;
  roomId?: string;
}

/** `@connections` in memory: what was posted to whom, and who has been closed. */
export interface RecordingGateway extends Gateway {
  /** Every frame that was delivered, in order. */
  frames: { connectionId: string; frame: Frame }[];
  /** As if the client had gone: from now on 410. */
  drop(connectionId: string): void;
  isClosed(connectionId: string): boolean;
  framesOf(connectionId: string): Frame[];
}

export function recordingGateway(
  onFrame: (connectionId: string, frame: Frame) => void = () => undefined,
  onClose: (connectionId: string) => void = () => undefined,
): RecordingGateway {
  const closed = new Set<string>();
  const frames: RecordingGateway['frames'] = [];
  return {
    frames,
    async post(connectionId, bytes): Promise<PostOutcome> {
      if (closed.has(connectionId)) return 'gone';
      const frame: Frame = JSON.parse(new TextDecoder().decode(bytes));
      frames.push({ connectionId, frame });
      onFrame(connectionId, frame);
      return 'delivered';
    },
    async close(connectionId): Promise<PostOutcome> {
      if (closed.has(connectionId)) return 'gone';
      closed.add(connectionId);
      onClose(connectionId);
      return 'delivered';
    },
    drop: (connectionId) => closed.add(connectionId),
    isClosed: (connectionId) => closed.has(connectionId),
    framesOf: (connectionId) =>
      frames.filter((sent) => sent.connectionId === connectionId).map((sent) => sent.frame),
  };
}
