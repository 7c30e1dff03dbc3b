export const broadcastStatuses = ['complete', 'out_of_time', 'retry'] as const;
type BroadcastStatus = (typeof broadcastStatuses)[number];

/** How many members a broadcast reached, and the outcome for the others. Counts are members where nothing else is said. */
export interface BroadcastResult {
  delivered: number;
  /** Connections that API Gateway no longer knows (410). Their rows are deleted. */
  gone: number;
  /** Connections whose token had expired. They get an `error` frame, no event, and are closed. */
  expired: number;
  /** Members that did not get all frames. They are disconnected, so that they reconnect and recover. */
  failed: number;
  /** Members for which every retry of a frame was answered with 429. They stay connected, and `prev` shows the gap. */
  throttledOut: number;
  /** Members that were not posted to before the time was up. They stay connected, and `prev` shows the gap. */
  late: number;
  /** 429 answers, including those followed by a successful retry. */
  throttled: number;
  /** Calls to API Gateway: first tries, retries, and the calls that close expired members. */
  posts: number;
  /** When the last frame was delivered, epoch milliseconds; 0 when none was. */
  lastDeliveryAt: number;
  /** Lambda functions that posted at the same time. */
  functions: number;
  /**
   * `out_of_time`: the time budget ended before every member was posted to; the room continues with its next events.
   * `retry`: the broadcast is incomplete, and repeating it can complete it.
   */
  status: BroadcastStatus;
}

export const NOTHING_DONE: Readonly<BroadcastResult> = {
  delivered: 0,
  gone: 0,
  expired: 0,
  failed: 0,
  throttledOut: 0,
  late: 0,
  throttled: 0,
  posts: 0,
  lastDeliveryAt: 0,
  functions: 0,
  status: 'complete',
};

export function addResults(one: BroadcastResult, other: BroadcastResult): BroadcastResult {
  return {
    delivered: one.delivered + other.delivered,
    gone: one.gone + other.gone,
    expired: one.expired + other.expired,
    failed: one.failed + other.failed,
    throttledOut: one.throttledOut + other.throttledOut,
    late: one.late + other.late,
    throttled: one.throttled + other.throttled,
    posts: one.posts + other.posts,
    lastDeliveryAt: Math.max(one.lastDeliveryAt, other.lastDeliveryAt),
    functions: one.functions + other.functions,
    status: worse(one.status, other.status),
  };
}

/** The status that comes later in `broadcastStatuses`. */
export function worse(one: BroadcastStatus, other: BroadcastStatus): BroadcastStatus {
  return broadcastStatuses.indexOf(one) > broadcastStatuses.indexOf(other) ? one : other;
}
