const MARGIN_MS = 60_000;
const SHORTEST_MS = 1_000;
const LONGEST_MS = 86_400_000;

/**
 * Milliseconds until a token is renewed: a minute before it expires, at half time where there are less than two, every
 * day where it lasts for long. A token that the server has just taken and that seems to have expired says only that the
 * clock here is wrong.
 */
export function renewalDelay(remainingMs: number): number {
  if (!(remainingMs > 0)) return MARGIN_MS;
  return Math.min(Math.max(remainingMs - MARGIN_MS, remainingMs / 2, SHORTEST_MS), LONGEST_MS);
}
