import type { Logger } from '@aws-lambda-powertools/logger';
import type { Log } from '../core/log.ts';
import { logEvents } from '../core/log-events.ts';

/** The used methods of a Powertools logger. Each writes a line of JSON, if its level is high enough. */
type LineWriter = Pick<Logger, 'debug' | 'info' | 'warn' | 'error'>;

/**
 * Reads TRACED_ROOMS, a JSON array of room ids; `*` is all rooms. Every event of a traced room is logged at each step from
 * the bus to the delivery. Throws on anything but JSON.
 */
export function parseTracedRooms(text: string): (roomId: string) => boolean {
  const rooms = new Set<string>(JSON.parse(text));
  return (roomId) => rooms.has('*') || rooms.has(roomId);
}

/** The log of a function. Writes `debug` lines about a traced room with the level `info`. */
export function createLog(writer: LineWriter, isTraced: (roomId: string) => boolean = () => false): Log {
  return (name, fields) => {
    const { level } = logEvents[name];
    const line = 'error' in fields ? { ...fields, error: asError(fields.error) } : { ...fields };
    const isRaised = level === 'debug' && 'roomId' in fields && isTraced(String(fields.roomId));
    writer[isRaised ? 'info' : level](name, line);
  };
}

/** The thrown value itself if it is an Error, otherwise an Error with its text. Never throws: an object need not have a text. */
function asError(thrown: unknown): Error {
  if (thrown instanceof Error) return thrown;
  return new Error(
    typeof thrown === 'object' && thrown !== null ? 'an object that is no Error' : String(thrown),
  );
}
