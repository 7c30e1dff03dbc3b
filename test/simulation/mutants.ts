import type { FunctionName } from '../../lib/config/functions.ts';
import { type FunctionPermissions, permissions, type TableAction } from '../../lib/config/permissions.ts';
import { WHOLE_ROOM } from '../../lib/core/broadcast/room-slice.ts';
import type { Gateway, MembersPage, Store } from '../../lib/core/ports.ts';
import type { Cursor } from '../../lib/core/room-log.ts';
import type { ReceivedMessage } from '../../lib/local/sqs/message-queue.ts';
import type { HandlerPorts, Handlers } from '../support/handlers.ts';
import type { Permissions } from '../support/permitted-ports.ts';
import type { AllowedLoops } from './chains.ts';
import { isDeliver } from './streams.ts';

/** A broken rule, made at the ports. */
export interface Mutant {
  /** The store of one invocation. */
  store?(store: Store): Store;
  streams?: { deduplicates: boolean };
  post?(post: Gateway['post']): Gateway['post'];
  permissions?: Permissions;
  loops?: AllowedLoops;
  /** Replaces handlers of one invocation. */
  handlers?(handlers: Handlers, ports: Pick<HandlerPorts, 'requestDelivery' | 'sleep'>): Partial<Handlers>;
  batch?(messages: ReceivedMessage[]): ReceivedMessage[];
}

/** What the simulation must notice: each breaks one rule of `docs/design/room-stream.md`, or takes away a permission. */
export const mutants = {
  'members are read before the cursor moves': { store: membersBeforeCursor },
  'the cursor is read before the membership is written': { store: cursorBeforeMembership },
  'nothing is deduplicated': { streams: { deduplicates: false } },
  'only what is sent gets a number': { batch: onlyNewest },
  'the cursor is written without a condition': { store: unconditionalCursor },
  'a failed post counts as delivered': {
    post: (post) => async (connectionId, frame) => {
      const outcome = await post(connectionId, frame);
      return outcome === 'gone' ? outcome : 'delivered';
    },
  },
  'a function lacks a permission': { permissions: without('subscribeRoom', 'BatchGetItem') },
  'Lambda stops a chain of deliveries': { loops: {} },
  'a room requests deliveries without making progress': {
    handlers: requestingAgain,
  },
} satisfies Record<string, Mutant>;

function without(name: FunctionName, action: TableAction): Permissions {
  const granted: FunctionPermissions = permissions[name];
  return { ...permissions, [name]: { ...granted, table: granted.table.filter((one) => one !== action) } };
}

function requestingAgain(
  handlers: Handlers,
  { requestDelivery, sleep }: Pick<HandlerPorts, 'requestDelivery' | 'sleep'>,
): Partial<Handlers> {
  return {
    async broadcast(event) {
      const answer = await handlers.broadcast(event);
      const [back] = event.Records.filter(({ body }) => isDeliver(body));
      if (back === undefined) return answer;
      await sleep(30_000);
      // Each with another id, because SQS would drop a duplicate.
      await requestDelivery(back.attributes.MessageGroupId, { epoch: back.messageId, deliveredSeq: 0 });
      return answer;
    },
  };
}

function membersBeforeCursor(store: Store): Store {
  const early = new Map<string, MembersPage>();
  const readEarly = async (roomId: string) => {
    early.set(roomId, await store.readMembers(roomId, WHOLE_ROOM));
  };
  return {
    ...store,
    async advanceCursor(roomId, from, to) {
      if (to.seq > from.seq) await readEarly(roomId);
      return store.advanceCursor(roomId, from, to);
    },
    async readMembers(roomId, part) {
      const page = part === WHOLE_ROOM ? early.get(roomId) : undefined;
      return page ?? store.readMembers(roomId, part);
    },
  };
}

function cursorBeforeMembership(store: Store): Store {
  const early = new Map<string, Cursor | undefined>();
  return {
    ...store,
    async putMembership(membership) {
      early.set(membership.roomId, await store.readCursor(membership.roomId));
      return store.putMembership(membership);
    },
    readCursor: async (roomId) => early.get(roomId) ?? store.readCursor(roomId),
  };
}

function unconditionalCursor(store: Store): Store {
  return {
    ...store,
    async advanceCursor(roomId, from, to) {
      return store.advanceCursor(roomId, (await store.readCursor(roomId)) ?? from, to);
    },
  };
}

/** Of the updates of one state in a batch, only the last one is left. */
function onlyNewest(messages: ReceivedMessage[]): ReceivedMessage[] {
  const newest = new Map<string, ReceivedMessage>();
  for (const message of messages) {
    const { event, data } = JSON.parse(message.body);
    const isState = event?.type === 'position_update' || event?.type === 'leaderboard_update';
    const key = isState ? `${event.roomId} ${event.type} ${data.positionId}` : message.messageId;
    newest.set(key, message);
  }
  return [...newest.values()];
}
