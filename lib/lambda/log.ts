import type { Logger } from '@aws-lambda-powertools/logger';
import type { Log } from '../core/log.ts';
import { logEvents } from '../core/log-events.ts';

/** The part of a logger of Powertools that is used: it writes a line of JSON, if its level is high enough. */
export type LineWriter = Pick<Logger, 'debug' | 'info' | 'warn' | 'error'>;

/** Rooms whose every event leaves a line on each stage of its way: a JSON array of their ids, in which `*` is all. */
export function parseTracedRooms(text: string): (roomId: string) => boolean {
  const rooms = new Set<string>(JSON.parse(text));
  return (roomId) => rooms.has('*') || rooms.has(roomId);
}

/** The log of a function. Lines of the level `debug` are written as `info` where they are about a traced room. */
export function createLog(writer: LineWriter, isTraced: (roomId: string) => boolean = () => false): Log {
  return (name, fields) => {
    const { level } = logEvents[name];
    const line = 'error' in fields ? { ...fields, error: asError(fields.error) } : { ...fields };
    const isRaised = level === 'debug' && 'roomId' in fields && isTraced(String(fields.roomId));
    writer[isRaised ? 'info' : level](name, line);
  };
}

export function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}
