import { broadcast } from '../../../lib/core/broadcast.ts';
import type { BroadcastResult } from '../../../lib/core/broadcast-result.ts';
import type { HandOver, Member, MembersPage, PostOutcome, Store } from '../../../lib/core/ports.ts';
import { POSITIONS, type RoomPart } from '../../../lib/core/room-part.ts';
import { START, type VirtualTime, virtualTime } from '../../support/virtual-time.ts';
import { type ScriptedGateway, scriptedGateway } from './scripted-gateway.ts';

export const frame = new TextEncoder().encode('{"type":"position_update","data":{"text":"é"}}');

export const member = (connectionId: string, tokenExpiresAt = START + 3_600_000): Member => ({
  connectionId,
  tokenExpiresAt,
  version: 3,
});

/** The members of a page; or an error that is thrown where it should be; or how many milliseconds the next one takes. */
export type Page = readonly Member[] | Error | number;

export interface RoomInPages {
  gateway: ScriptedGateway;
  time: VirtualTime;
  errors: string[];
  /** How many pages have been asked for. */
  readonly pagesRead: number;
  begin(): Promise<BroadcastResult>;
  /** A broadcast, and all the time that it takes. */
  send(): Promise<BroadcastResult>;
}

/** A room whose members come in these pages, which cover equal parts of it; the members of a page lie evenly in it. */
export function roomOf(...pages: Page[]): RoomInPages {
  return roomWith({}, ...pages);
}

export function roomWith(
  differences: { postsPerSecond?: number; membersPerPart?: number; handOver?: HandOver },
  ...pages: Page[]
): RoomInPages {
  const gateway = scriptedGateway();
  const time = virtualTime();
  const errors: string[] = [];
  let pagesRead = 0;
  const store = storeWith((_, part) => {
    pagesRead += 1;
    return readPage(pages, Math.floor((part.from / POSITIONS) * pages.length), part, time);
  });
  const deps = {
    ...time,
    store,
    gateway,
    onError: (message: string) => errors.push(message),
    postsPerSecond: 1_000_000,
    handOver: beyond,
    ...differences,
  };
  const begin = () => broadcast(deps, 'r', frame);
  return {
    gateway,
    time,
    errors,
    get pagesRead() {
      return pagesRead;
    },
    begin,
    send: () => time.run(begin()),
  };
}

async function readPage(
  pages: readonly Page[],
  index: number,
  part: RoomPart,
  time: VirtualTime,
): Promise<MembersPage> {
  const page = pages[index] ?? [];
  if (page instanceof Error) throw page;
  if (typeof page === 'number') {
    await time.sleep(page);
    return readPage(pages, index + 1, part, time);
  }
  const positionOf = (place: number) => Math.ceil((POSITIONS * (index + place)) / pages.length);
  const isIn = (position: number) => part.from <= position && position < part.to;
  const members = page.filter((_, place) => isIn(positionOf(place / page.length)));
  const from = positionOf(1);
  return { members, rest: from < part.to ? { from, to: part.to } : undefined };
}

const beyond = async () => {
  throw new Error('a broadcast to valid members of a small room needs nothing but to read and to post');
};

function storeWith(readMembers: Store['readMembers']): Store {
  return {
    createConnection: beyond,
    getConnection: beyond,
    setUser: beyond,
    setRoom: beyond,
    refuseRoom: beyond,
    forgetRooms: beyond,
    markClosing: beyond,
    deleteConnection: beyond,
    putMembership: beyond,
    deleteMembership: beyond,
    readMembers,
  };
}

/** A post that ends when the test says so. */
export function held(): { post: () => Promise<PostOutcome>; end(outcome: PostOutcome): void } {
  let end: (outcome: PostOutcome) => void = () => undefined;
  const ended = new Promise<PostOutcome>((resolve) => {
    end = resolve;
  });
  return { post: () => ended, end };
}
