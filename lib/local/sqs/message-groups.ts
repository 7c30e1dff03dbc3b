import type { StoredMessage } from './message-queue.ts';

interface MessageGroup {
  id: string;
  /** What has been received at least once: it goes before everything that has not. */
  front: StoredMessage[];
  rest: FifoBuffer<StoredMessage>;
  /** Whether it stands in the line of groups that can be received from. */
  isInLine: boolean;
}

/** The order of a FIFO queue: of the messages in their groups, and of the groups. */
interface MessageGroups {
  /** Puts a message at the end of its group. */
  add(message: StoredMessage): void;
  /** Says that a message has become visible. */
  setVisible(message: StoredMessage): void;
  /** Only of what is in flight. */
  remove(message: StoredMessage): void;
  /**
   * As many as possible in order from the group that has waited longest, then from the next. Nothing more comes
   * from these groups until each of the messages is visible again or removed. What `isRefused` is not taken, and out.
   */
  take(most: number, isRefused: (message: StoredMessage) => boolean): StoredMessage[];
  clear(): void;
}

export function messageGroups(): MessageGroups {
  const groups = new Map<string, MessageGroup>();
  let waiting = fifoBuffer<MessageGroup>();

  function groupOf({ groupId: id = '' }: StoredMessage): MessageGroup {
    const group = groups.get(id) ?? { id, front: [], rest: fifoBuffer(), isInLine: false };
    groups.set(id, group);
    return group;
  }

  function update(group: MessageGroup): void {
    if (firstOf(group) === undefined) groups.delete(group.id);
    if (group.isInLine || !isFree(group)) return;
    group.isInLine = true;
    waiting.push(group);
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
        const group = waiting.shift();
        if (group === undefined) break;
        group.isInLine = false;
        taken.push(...takeFrom(group, most - taken.length, isRefused));
        if (firstOf(group) === undefined) groups.delete(group.id);
      }
      return taken;
    },
    clear() {
      groups.clear();
      waiting = fifoBuffer();
    },
  };
}

const firstOf = ({ front, rest }: MessageGroup) => front[0] ?? rest.first();

/** Nothing of it is in flight, and its first message is not delayed any more. */
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

/** First in, first out. Unlike an array or a Set its first is cheap to take, however long it is. */
interface FifoBuffer<Item> {
  push(item: Item): void;
  /** Without taking it. */
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
      // What has been taken is cut off once it is half of it: then each item is moved once at most.
      if (head * 2 > items.length) {
        items.splice(0, head);
        head = 0;
      }
      return item;
    },
  };
}
