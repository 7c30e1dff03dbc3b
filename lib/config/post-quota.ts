/**
 * What an account may ask of API Gateway a second, all its APIs and posts together: 10,000 in most regions, 2,500 in
 * the smaller ones. https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html
 */
export const DEFAULT_POST_QUOTA = 10_000;

/** Percent of the quota that one broadcast may use. The rest is for clients' messages and their answers. */
export const DEFAULT_BROADCAST_SHARE = 90;

/** How many posts a second one broadcast may make, over all its workers. */
export function postsPerSecond(
  postQuota: number = DEFAULT_POST_QUOTA,
  broadcastShare: number = DEFAULT_BROADCAST_SHARE,
): number {
  return Math.max(1, (postQuota * broadcastShare) / 100);
}
