import { DEFAULT_BROADCAST_SHARE, DEFAULT_POST_QUOTA, postsPerSecond } from '../config/post-quota.ts';
import { wholeNumber } from './whole-number.ts';

/** With a quota raised as far as one can imagine. */
export const POST_QUOTA_RANGE = { min: 1, max: 1_000_000 } as const;
export const BROADCAST_SHARE_RANGE = { min: 1, max: 100 } as const;

export interface PostAllowanceProps {
  /**
   * Posts a second that API Gateway takes of the account in its region, all APIs together; 2,500 in the smaller ones.
   * @default 10,000
   */
  postQuota?: number;
  /**
   * Percent of it that one broadcast may use; the rest is for clients' messages and their answers.
   * @default 90
   */
  broadcastShare?: number;
}

export interface PostAllowance {
  postQuota: number;
  /** Of one broadcast. */
  postsPerSecond: number;
}

/** Throws at what no function could keep to: a broadcaster would not notice, and post without a limit. */
export function postAllowance({
  postQuota = DEFAULT_POST_QUOTA,
  broadcastShare = DEFAULT_BROADCAST_SHARE,
}: PostAllowanceProps): PostAllowance {
  wholeNumber('postQuota', postQuota, POST_QUOTA_RANGE);
  wholeNumber('broadcastShare', broadcastShare, BROADCAST_SHARE_RANGE);
  return { postQuota, postsPerSecond: postsPerSecond(postQuota, broadcastShare) };
}
