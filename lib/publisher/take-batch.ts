/** https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEvents.html */
export const MOST_ENTRIES = 10;
/** Less than a megabyte. */
export const MOST_BYTES = 1024 * 1024 - 1;

/** An event that waits to be sent. */
export interface Waiting {
  roomId: string;
  /** As EventBridge counts: `Source`, `DetailType` and `Detail`, in UTF-8. */
  bytes: number;
}

/**
 * Takes out of the queue what the next call brings: the first events whose rooms are not `busy`, as many as one call may
 * have. So no event overtakes another of its room.
 */
export function takeBatch<Event extends Waiting>(queue: Event[], busy: ReadonlySet<string>): Event[] {
  const batch: Event[] = [];
  let left = 0;
  let bytes = 0;
  let isFull = false;
  for (const event of queue) {
    isFull ||= batch.length === MOST_ENTRIES || (bytes + event.bytes > MOST_BYTES && !busy.has(event.roomId));
    if (isFull || busy.has(event.roomId)) {
      // Moved up in place: the queue may be long.
      queue[left] = event;
      left += 1;
    } else {
      batch.push(event);
      bytes += event.bytes;
    }
  }
  queue.length = left;
  return batch;
}
