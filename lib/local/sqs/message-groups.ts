import type { StoredMessage } from './message-queue.ts';

interface MessageGroup {
  id: string;
  /** Messages that have been received at least once. They come before all others. */
  front: StoredMessage[];
  rest: FifoBuffer<StoredMessage>;
  /** Whether the group is in `receivable`. */
  isReceivable: boolean;
}

/** The order of a FIFO queue: of the messages in each group, and of the groups. */
interface MessageGroups {
  /** Puts a message at the end of its group. */
  add(message: StoredMessage): void;
  /** Call it when a message has become visible. */
  setVisible(message: StoredMessage): void;
  /** Removes a message that is in flight. */
  remove(message: StoredMessage): void;
  /**
   * Takes at most `most` messages: as many as possible in order from the group that has waited longest, then from the next.
   * These groups give no further message until each taken message is visible again or removed. Messages for which `isRefused`
   * is true are dropped instead.
   */
  take(most: number, isRefused: (message: StoredMessage) => boolean): StoredMessage[];
  clear(): void;
}

export function messageGroups(): MessageGroups {
  const groups = new Map<string, MessageGroup>();
  let receivable = fifoBuffer<MessageGroup>();

  function groupOf({ groupId: id = '' }: StoredMessage): MessageGroup {
    const group = groups.get(id) ?? { id, front: [], rest: fifoBuffer(), isReceivable: false };
    groups.set(id, group);
    return group;
  }

  function update(group: MessageGroup): void {
    if (firstOf(group) === undefined) groups.delete(group.id);
    if (group.isReceivable || !isFree(group)) return;
    group.isReceivable = true;
    receivable.push(group);
  }

  return {
    add: (message) => groupOf(message).rest.push(message),
    setVisible: (message) => update(groupOf(message)),
    remove(message) {
      const group = groupOf(message);
      group.front = group.front.filter((other) => other !== message);
      update(group);
    },
    take(most, isRefused) {
      const taken: StoredMessage[] = [];
      while (taken.length < most) {
        const group = receivable.shift();
        if (group === undefined) break;
        group.isReceivable = false;
        taken.push(...takeFrom(group, most - taken.length, isRefused));
        if (firstOf(group) === undefined) groups.delete(group.id);
      }
      return taken;
    },
    clear() {
      groups.clear();
      receivable = fifoBuffer();
    },
  };
}

const firstOf = ({ front, rest }: MessageGroup) => front[0] ?? rest.first();

/** True if no message of the group is in flight and its first message is not delayed. */
function isFree(group: MessageGroup): boolean {
  return group.front.every(({ state }) => state === 'visible') && firstOf(group)?.state === 'visible';
}

function takeFrom(
  group: MessageGroup,
  most: number,
  isRefused: (message: StoredMessage) => boolean,
): StoredMessage[] {
  const taken: StoredMessage[] = [];
  while (taken.length < most && firstOf(group)?.state === 'visible') {
    const message = group.front.shift() ?? group.rest.shift();
    if (message && !isRefused(message)) taken.push(message);
  }
  group.front.unshift(...taken);
  return taken;
}

/** First in, first out. Unlike in an array or a Set, taking the first item is cheap at any length. */
interface FifoBuffer<Item> {
  push(item: Item): void;
  /** The first item, which stays in the buffer. */
  first(): Item | undefined;
  shift(): Item | undefined;
}

export function fifoBuffer<Item>(): FifoBuffer<Item> {
  const items: (Item | undefined)[] = [];
  let head = 0;
  return {
    push: (item) => void items.push(item),
    first: () => items[head],
    shift() {
      const item = items[head];
      if (head === items.length) return undefined;
      items[head] = undefined;
      head += 1;
      // Cuts off the taken items when they are more than half, so that each item moves at most once.
      if (head * 2 > items.length) {
        items.splice(0, head);
        head = 0;
      }
      return item;
    },
  };
}
