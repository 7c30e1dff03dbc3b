import { type Line, line } from './line.ts';
import type { StoredMessage } from './stored-message.ts';

interface MessageGroup {
  id: string;
  /** What has been received at least once: it goes before everything that has not. */
  front: StoredMessage[];
  rest: Line<StoredMessage>;
  /** Whether it stands in the line of groups that can be received from. */
  isInLine: boolean;
}

/** The order of a FIFO queue: of the messages in their groups, and of the groups. */
export interface MessageGroups {
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
  let waiting = line<MessageGroup>();

  function groupOf({ groupId: id = '' }: StoredMessage): MessageGroup {
    const group = groups.get(id) ?? { id, front: [], rest: line(), isInLine: false };
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
      waiting = line();
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
