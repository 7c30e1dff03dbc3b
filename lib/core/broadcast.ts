import { closeConnection } from './close-connection.ts';
import { roomState } from './connection.ts';
import { disconnect } from './disconnect.ts';
import { forEachConcurrently } from './for-each-concurrently.ts';
import type { ConnectionDeps, Member, PostOutcome } from './ports.ts';
import { untilFinal } from './until-final.ts';

/** How long a broadcast may spend on retries, from its start. */
export const BROADCAST_RETRY_BUDGET_MS = 10_000;

/**
 * How long a broadcast goes on, from its start. Who has not been served by then is not: Lambda repeats a function that
 * was cut off, and then everybody would get the event again.
 */
export const BROADCAST_BUDGET_MS = 20_000;

/** Posts under way at a time. All at once would delay the first delivery tenfold and gain nothing on the last. */
const CONCURRENT_POSTS = 64;

/** How many members a broadcast reached, and what became of the others. */
export interface BroadcastResult {
  delivered: number;
  /** Connections that were closed already; their rows are removed. */
  gone: number;
  /** Connections whose token had expired: told and closed, not fed. */
  expired: number;
  /** Members that did not get the event although they should have. */
  failed: number;
  /** 429 answers, including those that a retry made good. */
  throttled: number;
  /** False when not all members could be read, or not in time: how many are missing is not known. */
  complete: boolean;
}

export interface BroadcastDeps extends ConnectionDeps {
  /** Told of what went wrong without failing the broadcast. */
  onError: (message: string, error: unknown) => void;
}

/**
 * Sends one frame to every member of a room. Throws only while nobody has been sent anything: whoever calls repeats
 * a broadcast that throws, and a repeat would send the event twice.
 */
export async function broadcast(
  deps: BroadcastDeps,
  roomId: string,
  frame: Uint8Array,
): Promise<BroadcastResult> {
  const result: BroadcastResult = {
    delivered: 0,
    gone: 0,
    expired: 0,
    failed: 0,
    throttled: 0,
    complete: true,
  };
  const started = deps.clock();
  const until = started + BROADCAST_RETRY_BUDGET_MS;
  const post = async (member: Member) => {
    const outcome = await deps.gateway.post(member.connectionId, frame);
    if (outcome === 'throttled') result.throttled += 1;
    return outcome;
  };
  const checkTime = () => {
    if (deps.clock() >= started + BROADCAST_BUDGET_MS) throw new Error('the time of this broadcast is up');
  };
  let begun = false;
  try {
    await forEachConcurrently(eachMember(deps, roomId, checkTime), CONCURRENT_POSTS, async (member) => {
      checkTime();
      begun = true;
      result[await serve(deps, roomId, member, post, until)] += 1;
    });
  } catch (error) {
    if (!begun) throw error;
    result.complete = false;
    deps.onError('not every member was reached', error);
  }
  return result;
}

async function* eachMember(
  deps: BroadcastDeps,
  roomId: string,
  checkTime: () => void,
): AsyncGenerator<Member> {
  for await (const page of deps.store.members(roomId)) {
    // Also where nobody is on: a room that many have left is many such pages.
    checkTime();
    yield* page;
  }
}

type Served = 'delivered' | 'gone' | 'expired' | 'failed';

/** Never throws: what goes wrong with one member must not reach another. */
async function serve(
  deps: BroadcastDeps,
  roomId: string,
  member: Member,
  post: (member: Member) => Promise<PostOutcome>,
  until: number,
): Promise<Served> {
  try {
    let { tokenExpiresAt } = member;
    if (tokenExpiresAt <= deps.clock()) {
      const renewed = await closeIfExpired(deps, roomId, member);
      if (renewed === undefined) return 'expired';
      tokenExpiresAt = renewed;
    }
    // A retry comes later than the first try: the token may have expired in between.
    const outcome = await untilFinal(
      deps,
      async () => (tokenExpiresAt <= deps.clock() ? 'refused' : post(member)),
      until,
    );
    if (outcome === 'gone') await removeRows(deps, roomId, member);
    if (outcome === 'delivered' || outcome === 'gone') return outcome;
    return tokenExpiresAt <= deps.clock() ? 'expired' : 'failed';
  } catch (error) {
    deps.onError('a member could not be served', error);
    return 'failed';
  }
}

/**
 * Closes a member whose token has expired. Where the token was renewed meanwhile (the connection is newer than the
 * membership that was read) and the room still holds, returns the new expiry: the member is served after all.
 */
async function closeIfExpired(
  deps: BroadcastDeps,
  roomId: string,
  member: Member,
): Promise<number | undefined> {
  const { connectionId, version } = member;
  const closed = await closeConnection(deps, connectionId, 'token_expired', 'if_token_expired');
  // A `$disconnect` that was cut short has removed the connection and left this row.
  if (closed.outcome === 'closed') await deps.store.deleteMembership(roomId, connectionId, version);
  if (closed.outcome !== 'kept' || roomState(closed.connection, roomId) !== 'live') return undefined;
  return closed.connection.user?.expiresAt;
}

async function removeRows(deps: BroadcastDeps, roomId: string, member: Member): Promise<void> {
  await disconnect(deps.store, member.connectionId);
  // A `$disconnect` that was cut short has removed the connection and left this row.
  await deps.store.deleteMembership(roomId, member.connectionId, member.version);
}
