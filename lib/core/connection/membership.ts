/**
 * A connection's membership of a room. A broadcast reads no other row of a connection. A write succeeds only if its version
 * is newer, so the order in which concurrent handlers write does not matter.
 */
export interface Membership {
  roomId: string;
  connectionId: string;
  /** Version of the connection that the membership was derived from. */
  version: number;
  on: boolean;
  userId: string;
  /** Epoch milliseconds. */
  tokenExpiresAt: number;
  /** Whether the client accepts several events in one frame. */
  batch: boolean;
  /** Epoch seconds; never later than the TTL of the connection. */
  ttl: number;
}

/** What a broadcast reads of a membership. */
export type Member = Pick<Membership, 'connectionId' | 'tokenExpiresAt' | 'version' | 'batch'>;
