export const broadcastStatuses = ['complete', 'out_of_time', 'retry'] as const;
export type BroadcastStatus = (typeof broadcastStatuses)[number];

/** How many members a broadcast reached, and what became of the others. */
export interface BroadcastResult {
  delivered: number;
  /** Connections that were closed already; their rows are removed. */
  gone: number;
  /** Connections whose token had expired: told and closed, not fed. */
  expired: number;
  /** Members that did not get all events: disconnected, so that they reconnect and recover. */
  failed: number;
  /**
   * Members that API Gateway refused a frame with 429 until the retries were over: still connected, and `prev` shows
   * them the gap.
   */
  throttledOut: number;
  /** Members whose turn did not come in time: still connected, and `prev` shows them the gap. */
  late: number;
  /** 429 answers, including those that a retry made good. */
  throttled: number;
  /** Calls to API Gateway: first tries, retries, and what closes expired members. */
  posts: number;
  /** When the last frame was delivered, epoch milliseconds; 0 when none was. */
  lastDeliveryAt: number;
  /** Functions that posted at the same time. */
  functions: number;
  /**
   * `out_of_time`: the budget was over before every member was served, and the room goes on. `retry`: something failed that
   * the same broadcast, done again, can still do.
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

/** The later one in `broadcastStatuses`. */
export function worse(one: BroadcastStatus, other: BroadcastStatus): BroadcastStatus {
  return broadcastStatuses.indexOf(one) > broadcastStatuses.indexOf(other) ? one : other;
}
