/** Checks signature, issuer, audience and time; rejects only when key or secret cannot be had. */
export type VerifyClaims = (
  token: string,
) => Promise<{ ok: true; claims: Record<string, unknown> } | { ok: false; reason: string }>;
