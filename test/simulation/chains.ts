import { type FunctionDescription, functions } from '../../lib/config/functions.ts';
import type { Cursor } from '../../lib/core/room-log.ts';
import { createRecursionDetection, LONGEST_CHAIN } from '../../lib/local/lambda/recursion-detection.ts';
import type { World } from './world.ts';

/** Which functions may be invoked by what they have sent themselves. */
export type AllowedLoops = Record<string, Pick<FunctionDescription, 'recursiveLoop'>>;
const described: Record<string, FunctionDescription> = functions;

/** Chains of invocations, in which the broadcaster is invoked by its own messages. */
export interface Chains {
  /** The trace header of an invocation; undefined where Lambda refuses it, which must never happen. */
  admit(functionName: string, traceHeaders: readonly string[]): string | undefined;
  /** A room has sent itself a message, in an invocation that had received these. */
  sent(message: OwnMessage, received: readonly OwnMessage[]): void;
}

/** A message of a room's stream. */
export interface OwnMessage {
  roomId: string;
  messageId: string;
}

/**
 * Lambda's detection of loops, and why it may be off for the broadcaster: whatever a room sends itself has brought it
 * further than the message that led to it. So the chain ends, at the latest with the room's log.
 */
export function createChains(
  world: World,
  readOrCreateCursor: (roomId: string) => Cursor | undefined,
  allowed: AllowedLoops = described,
): Chains {
  let ids = 0;
  const detection = createRecursionDetection({
    functions: allowed,
    time: world.time,
    newId() {
      ids += 1;
      return String(ids).padStart(24, '0');
    },
    print: world.note,
  });
  /** Id of a message that a room has sent itself → how far the room had come, and how many led to it, with itself. */
  const positions = new Map<string, Pick<Cursor, 'epoch' | 'deliveredSeq'> & { times: number }>();

  return {
    admit(functionName, traceHeaders) {
      const admitted = detection.admit(functionName, traceHeaders);
      if ('traceHeader' in admitted) return admitted.traceHeader;
      world.violated(`Lambda stops ${functionName} as a recursive loop`);
      return undefined;
    },
    sent({ roomId, messageId }, received) {
      const cursor = readOrCreateCursor(roomId);
      // One that SQS has dropped, as it has it already, was sent before.
      if (cursor === undefined || positions.has(messageId)) return;
      const { epoch, deliveredSeq } = cursor;
      const causes = received
        .filter((cause) => cause.roomId === roomId)
        .flatMap((cause) => positions.get(cause.messageId) ?? []);
      if (causes.some((cause) => cause.epoch === epoch && cause.deliveredSeq >= deliveredSeq))
        world.violated(
          `${roomId} sends itself a message at ${deliveredSeq}, where the last one had brought it`,
        );
      const times = 1 + Math.max(0, ...causes.map((cause) => cause.times));
      if (times > LONGEST_CHAIN) world.note(`${roomId} comes back to its log for the ${times}th time`);
      positions.set(messageId, { epoch, deliveredSeq, times });
    },
  };
}
