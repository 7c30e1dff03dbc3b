import type { Cursor, LoggedEvent, RetainedValue, RoomLog } from '../../lib/core/room-log.ts';

/** What rooms remember in `memoryStore`. `pageSize` is how many events one read evaluates at most. */
export function memoryRoomLog(clock: () => number, pageSize = Number.POSITIVE_INFINITY): RoomLog {
  const cursors = new Map<string, Cursor>();
  /** Room and epoch → number → event. */
  const logs = new Map<string, Map<number, LoggedEvent>>();
  /** Room and epoch → state → value. */
  const values = new Map<string, Map<string, RetainedValue>>();
  const isAlive = <Row extends { ttl: number }>(row: Row | undefined): row is Row =>
    row !== undefined && row.ttl > Math.floor(clock() / 1000);
  const of = <Key, Value>(maps: Map<string, Map<Key, Value>>, roomId: string, epoch: string) => {
    const name = `${roomId} ${epoch}`;
    const map = maps.get(name) ?? new Map<Key, Value>();
    maps.set(name, map);
    return map;
  };

  return {
    async readCursor(roomId) {
      const cursor = cursors.get(roomId);
      return isAlive(cursor) ? cursor : undefined;
    },
    async createCursor(roomId, cursor) {
      if (isAlive(cursors.get(roomId))) return false;
      cursors.set(roomId, cursor);
      return true;
    },
    async advanceCursor(roomId, { epoch, seq, deliveredSeq }, to) {
      const cursor = cursors.get(roomId);
      if (cursor?.epoch !== epoch || cursor.seq !== seq || cursor.deliveredSeq !== deliveredSeq) return false;
      cursors.set(roomId, to);
      return true;
    },
    async putEvent(roomId, epoch, event) {
      const log = of(logs, roomId, epoch);
      const known = log.get(event.seq);
      if (known !== undefined && known.sequenceNumber > event.sequenceNumber) return false;
      log.set(event.seq, event);
      return true;
    },
    async readEvents(roomId, epoch, { after, upTo }) {
      const log = of(logs, roomId, epoch);
      const numbers = Array.from({ length: Math.max(0, upTo - after) }, (_, index) => after + 1 + index);
      const there = numbers.flatMap((seq) => log.get(seq) ?? []);
      const page = there.slice(0, pageSize);
      const reached = page.length < there.length ? (page.at(-1)?.seq ?? upTo) : upTo;
      return { events: page.filter(isAlive), reached };
    },
    async putRetainedValue(roomId, epoch, value) {
      const known = of(values, roomId, epoch).get(value.key);
      if (!isAlive(known) || known.sequenceNumber <= value.sequenceNumber)
        of(values, roomId, epoch).set(value.key, value);
    },
    async readRetainedValues(roomId, epoch, keys) {
      return keys.flatMap((key) => of(values, roomId, epoch).get(key) ?? []).filter(isAlive);
    },
    async readAllRetainedValues(roomId, epoch) {
      return { values: [...of(values, roomId, epoch).values()].filter(isAlive), next: undefined };
    },
  };
}
