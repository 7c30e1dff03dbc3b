import { type FunctionDescription, functions } from '../../lib/config/functions.ts';
import type { Cursor } from '../../lib/core/room-log.ts';
import { createRecursionDetection, MAX_CHAIN } from '../../lib/local/lambda/recursion-detection.ts';
import type { World } from './world.ts';

/** Which functions may be invoked by messages that they sent themselves. */
export type AllowedLoops = Record<string, Pick<FunctionDescription, 'recursiveLoop'>>;
const described: Record<string, FunctionDescription> = functions;

/** Chains of invocations: the broadcaster is invoked by its own delivery requests. */
export interface Chains {
  /** The trace header of an invocation. Undefined, and a violation, if Lambda stops it as a recursive loop. */
  admit(functionName: string, traceHeaders: readonly string[]): string | undefined;
  /** Records that a room sent itself a message in an invocation that had received `received`. */
  sent(message: OwnMessage, received: readonly OwnMessage[]): void;
}

/** A message of a room's stream. */
export interface OwnMessage {
  roomId: string;
  messageId: string;
}

/**
 * Checks that every chain of the broadcaster ends, so that Lambda's loop detection may be off for it: a room that sends
 * itself a message has delivered more than when it sent the message before. So the chain ends with the log.
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
  /** Id of a message that a room sent itself → its position at that time, and the length of the chain up to it. */
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
      // SQS dropped it as a duplicate: it was sent before.
      if (cursor === undefined || positions.has(messageId)) return;
      const { epoch, deliveredSeq } = cursor;
      const causes = received
        .filter((cause) => cause.roomId === roomId)
        .flatMap((cause) => positions.get(cause.messageId) ?? []);
      if (causes.some((cause) => cause.epoch === epoch && cause.deliveredSeq >= deliveredSeq))
        world.violated(`${roomId} sends itself a message at ${deliveredSeq}, and so did the message before`);
      const times = 1 + Math.max(0, ...causes.map((cause) => cause.times));
      if (times > MAX_CHAIN) world.note(`${roomId} comes back to its log for the ${times}th time`);
      positions.set(messageId, { epoch, deliveredSeq, times });
    },
  };
}
