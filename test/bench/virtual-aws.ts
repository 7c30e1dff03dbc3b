import { createHash } from 'node:crypto';
import type { Member } from '../../lib/core/connection/membership.ts';
import type { Gateway, MembersPage, PostOutcome, RoomSlice, Store } from '../../lib/core/ports.ts';
import type { VirtualTime } from '../support/virtual-time.ts';

/** The bucket of an account, which nobody can have raised. */
const BURST = 5_000;
const QUERY_MS = 10;
const PAGE_SIZE = 1_500;

/** API Gateway with a quota: a token bucket, and 15 ms until it answers; two answers of a hundred take 100 ms. */
export function virtualApiGateway({ clock, sleep, random }: VirtualTime, quota: number) {
  let tokens = BURST;
  let refilledAt = clock();
  return async (): Promise<PostOutcome> => {
    tokens = Math.min(BURST, tokens + ((clock() - refilledAt) / 1000) * quota);
    refilledAt = clock();
    const outcome = tokens >= 1 ? 'delivered' : 'throttled';
    if (outcome === 'delivered') tokens -= 1;
    await sleep(random() < 0.02 ? 100 : 15);
    return outcome;
  };
}

/** The gateway of one function: a call goes out when its only core has had the time for it. */
export function gatewayOnOneCore(
  { clock, sleep }: VirtualTime,
  send: () => Promise<PostOutcome>,
  cpuMs: number,
): Gateway {
  let busyUntil = clock();
  const call = async () => {
    busyUntil = Math.max(busyUntil, clock()) + cpuMs;
    await sleep(busyUntil - clock());
    return send();
  };
  return { post: call, close: call };
}

interface Row {
  position: number;
  member: Member;
}

/** A room of valid members, in the order of DynamoDB's keys. Nothing else can be read or written. */
export function virtualRoom({ sleep }: VirtualTime, members: number): Store {
  const rows = Array.from({ length: members }, (_, index): Row => {
    const connectionId = `member-${index}=`;
    const position = createHash('sha256').update(connectionId).digest().readUInt32BE();
    const tokenExpiresAt = Number.MAX_SAFE_INTEGER;
    return { position, member: { connectionId, tokenExpiresAt, version: 1, batch: false } };
  }).sort((one, other) => one.position - other.position);
  const store: Pick<Store, 'readMembers'> = {
    async readMembers(_, part) {
      await sleep(QUERY_MS);
      return pageOf(rows, part);
    },
  };
  return store as Store;
}

function pageOf(rows: readonly Row[], part: RoomSlice): MembersPage {
  const begin = part.after === undefined ? firstAt(rows, part.from) : Number(part.after) + 1;
  const end = Math.min(begin + PAGE_SIZE, firstAt(rows, part.to));
  const members = rows.slice(begin, end).map(({ member }) => member);
  const last = rows[end - 1];
  const isLast = end - begin < PAGE_SIZE || last === undefined;
  return { members, rest: isLast ? undefined : { from: last.position, to: part.to, after: String(end - 1) } };
}

/** Index of the first row at this position or behind it. */
function firstAt(rows: readonly Row[], position: number): number {
  let [low, high] = [0, rows.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((rows[middle]?.position ?? position) < position) low = middle + 1;
    else high = middle;
  }
  return low;
}
