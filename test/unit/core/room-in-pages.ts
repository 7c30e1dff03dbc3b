import { postingProcess } from '../../../lib/core/broadcast/broadcast-slice.ts';
import { POSITIONS } from '../../../lib/core/broadcast/room-slice.ts';
import type { BroadcastResult } from '../../../lib/core/broadcast-result.ts';
import type { Member } from '../../../lib/core/connection/membership.ts';
import type { InvokeWorker, MembersPage, RoomSlice, Store } from '../../../lib/core/ports.ts';
import { errorsInto } from '../../support/recording-log.ts';
import { aMember } from '../../support/rows.ts';
import { sendToRoom } from '../../support/send-to-room.ts';
import { type VirtualTime, virtualTime } from '../../support/virtual-time.ts';
import { type ScriptedGateway, scriptedGateway } from './scripted-gateway.ts';

export const frame = '{"type":"position_update","data":{"text":"é"}}';

export const member = (connectionId: string, differences: Partial<Member> = {}): Member =>
  aMember({ connectionId, ...differences });

/**
 * The members of a page, perhaps another time others; or an error that is thrown where it should be; or how many
 * milliseconds the next one takes.
 */
export type Page = readonly Member[] | (() => readonly Member[]) | Error | number;

export interface RoomInPages {
  gateway: ScriptedGateway;
  time: VirtualTime;
  errors: string[];
  /** How many pages have been asked for. */
  readonly pagesRead: number;
  /** Whose membership was deleted; their connections' rows were gone before. */
  removed: string[];
  begin(): Promise<BroadcastResult>;
  /** A broadcast, and all the time that it takes. */
  send(): Promise<BroadcastResult>;
}

interface Differences {
  postsPerSecond?: number;
  membersPerSlice?: number;
  invokeWorker?: InvokeWorker;
  frames?: readonly string[];
  /** How often the rows of who is gone or cut off cannot be deleted. */
  keepsRows?: number;
}

/** A room whose members come in these pages, which cover equal parts of it; the members of a page lie evenly in it. */
export function roomOf(...pages: Page[]): RoomInPages {
  return roomWith({}, ...pages);
}

export function roomWith(
  { frames = [frame], keepsRows = 0, ...differences }: Differences,
  ...pages: Page[]
): RoomInPages {
  const gateway = scriptedGateway();
  const time = virtualTime();
  const errors: string[] = [];
  const removed: string[] = [];
  let pagesRead = 0;
  let keep = keepsRows;
  const store: Partial<Store> = {
    async readMembers(_, part) {
      pagesRead += 1;
      return readPage(pages, Math.floor((part.from / POSITIONS) * pages.length), part, time);
    },
    async deleteConnection() {
      keep -= 1;
      if (keep >= 0) throw new Error('no row can be deleted');
      return undefined;
    },
    deleteMembership: async (_, connectionId) => void removed.push(connectionId),
  };
  const deps = {
    ...time,
    ...postingProcess(time),
    // A broadcast to members whose token is valid needs nothing else.
    store: store as Store,
    gateway,
    log: errorsInto(errors),
    postsPerSecond: 1_000_000,
    async invokeWorker() {
      throw new Error('a small room has no workers');
    },
    ...differences,
  };
  const begin = () => sendToRoom(deps, 'r', ...frames);
  return {
    gateway,
    time,
    errors,
    removed,
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
  part: RoomSlice,
  time: VirtualTime,
): Promise<MembersPage> {
  const found = pages[index] ?? [];
  const page = typeof found === 'function' ? found() : found;
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
