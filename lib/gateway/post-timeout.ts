/** A call to `@connections` that has not been answered by then is cut off. */
export const POST_TIMEOUT_MS = 2_000;
