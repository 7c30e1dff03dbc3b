/** How long a room is left alone after it was sent something: what comes meanwhile is sent together. Milliseconds. */
export const DEFAULT_DELIVERY_INTERVAL_MS = 200;
export const DELIVERY_INTERVAL_RANGE = { min: 0, max: 5_000 } as const;

/** How long a client that was away can recover what it missed. */
export const DEFAULT_RECOVERY_SECONDS = 600;
/** What was logged must still be there when the stream has tried for the last time to send it. */
export const RECOVERY_RANGE = { min: 360, max: 86_400 } as const;
