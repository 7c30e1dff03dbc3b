/**
 * Limits of the wire and of the bus.
 * Source of the API Gateway quotas:
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-execution-service-websocket-limits-table.html
 */

/** Bytes of one WebSocket message, in either direction. API Gateway closes with 1009 above it; so do posts (413). */
export const MAX_MESSAGE_BYTES = 128 * 1024;

/** Bytes of one WebSocket frame. A message above it is billed as several. */
export const MAX_FRAME_BYTES = 32 * 1024;

/** A client message is one frame: no client needs a second. */
export const MAX_CLIENT_MESSAGE_BYTES = MAX_FRAME_BYTES;

/** API Gateway closes a connection (1001) on which no message went either way for this long. */
export const IDLE_TIMEOUT_MS = 10 * 60 * 1000;

/** API Gateway closes every connection (1001) at this age. */
export const MAX_CONNECTION_MS = 2 * 60 * 60 * 1000;

/** Rooms one connection may be subscribed to at a time. Ours, not AWS's: it bounds the connection's row. */
export const MAX_ROOMS_PER_CONNECTION = 100;

export const MAX_ROOM_ID_LENGTH = 128;
export const MAX_REQUEST_ID_LENGTH = 128;
export const MAX_EVENT_ID_LENGTH = 256;

/** An event that claims to be further ahead of our clock than this, in milliseconds, is dated to it. */
export const MAX_CLOCK_AHEAD_MS = 5_000;

/** The earliest time of publication that is taken, 2020-01-01. A time in seconds is far below it. */
export const EARLIEST_PUBLISHED_AT = Date.UTC(2020, 0, 1);

/** A time of publication further from our clock than this, in milliseconds, either way, is a mistake of its publisher. */
export const MAX_CLOCK_DISTANCE_MS = 24 * 60 * 60 * 1000;
