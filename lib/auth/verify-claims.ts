/**
 * Checks signature, issuer, audience and time; rejects only when key or secret cannot be had, with `NotAskedYet` when
 * they may be had in a moment. An expiry that is past by no more than `MAX_CLOCK_SKEW_SECONDS` may pass here:
 * `userOfClaims` looks at it.
 */
export type VerifyClaims = (
  token: string,
) => Promise<{ ok: true; claims: Record<string, unknown> } | { ok: false; reason: string }>;
