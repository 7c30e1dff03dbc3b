/**
 * Limits of the wire and of the bus.
 * Source of the API Gateway quotas:
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-execution-service-websocket-limits-table.html
 */

/**
 * Bytes of one WebSocket message at most, in either direction. Above it, API Gateway closes the connection of a client
 * with 1009, and refuses a post with 413.
 */
export const MAX_MESSAGE_BYTES = 128 * 1024;

/** Bytes of one WebSocket frame at most. A larger message is billed as several. */
export const MAX_FRAME_BYTES = 32 * 1024;

/** Bytes of a client message at most: one frame. */
export const MAX_CLIENT_MESSAGE_BYTES = MAX_FRAME_BYTES;

/** API Gateway closes a connection (1001) after this time without a message in either direction. Milliseconds. */
export const IDLE_TIMEOUT_MS = 10 * 60 * 1000;

/** API Gateway closes every connection (1001) at this age. Milliseconds. */
export const MAX_CONNECTION_MS = 2 * 60 * 60 * 1000;

/** Rooms that one connection may be subscribed to at a time. Not a limit of AWS: it limits the connection's row. */
export const MAX_ROOMS_PER_CONNECTION = 100;

export const MAX_ROOM_ID_LENGTH = 128;
export const MAX_REQUEST_ID_LENGTH = 128;
export const MAX_EVENT_ID_LENGTH = 256;

/** A time of publication further ahead of our clock than this is set to this. Milliseconds. */
export const MAX_CLOCK_AHEAD_MS = 5_000;

/** The earliest accepted time of publication, 2020-01-01. A time in seconds is far below it. */
export const EARLIEST_PUBLISHED_AT = Date.UTC(2020, 0, 1);

/** A time of publication that differs from our clock by more than this is refused. Milliseconds. */
export const MAX_CLOCK_DISTANCE_MS = 24 * 60 * 60 * 1000;
