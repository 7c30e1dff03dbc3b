interface ErrorDescription {
  /** Whether the server closes the connection behind the `error` frame. */
  closes: boolean;
  meaning: string;
  /** What the client does next. */
  remedy: string;
}

/** Every `code` that an `error` frame can carry. The set is closed: a client may switch over it. */
export const errorCodes = {
  invalid_json: {
    closes: false,
    meaning: 'The message is not JSON.',
    remedy: 'Send one JSON object a message.',
  },
  invalid_message: {
    closes: false,
    meaning: 'The message is JSON, but not a message of this protocol.',
    remedy: 'Correct the field that the error names; sending it again unchanged fails again.',
  },
  unknown_type: {
    closes: false,
    meaning: 'No message has this type.',
    remedy: 'Send auth, subscribe_room, unsubscribe_room or ping.',
  },
  auth_failed: {
    closes: true,
    meaning: 'The token is missing, malformed, expired, not yet valid, or not signed for this service.',
    remedy: 'Get a new token, connect again, send auth.',
  },
  user_mismatch: {
    closes: true,
    meaning: 'The new token belongs to another user than the one this connection was authenticated for.',
    remedy: 'Open a connection of its own for the other user.',
  },
  auth_timeout: {
    closes: true,
    meaning: 'The connection did not authenticate within the deadline.',
    remedy: 'Connect again and send auth at once.',
  },
  token_expired: {
    closes: true,
    meaning: 'The token that authenticated this connection has expired.',
    remedy: 'Get a new token, connect again, send auth; next time renew it before expiresAt.',
  },
  forbidden_room: {
    closes: false,
    meaning: 'This user may not join this room.',
    remedy: 'Do not retry with the same token.',
  },
  too_many_rooms: {
    closes: false,
    meaning: 'The connection has reached the number of rooms it may hold.',
    remedy: 'Leave a room first; after leaving very many within a minute, wait a minute.',
  },
  too_large: {
    closes: false,
    meaning: 'The message is larger than 32 KB.',
    remedy: 'Send less; no message of this protocol needs so much.',
  },
  internal: {
    closes: false,
    meaning: 'The server failed; the connection stays open unless the server no longer knows it.',
    remedy: 'Try again after a moment; where the connection was closed, connect again.',
  },
} as const satisfies Record<string, ErrorDescription>;

export type ErrorCode = keyof typeof errorCodes;

/** The codes behind which the connection is closed. */
export type ClosingCode = {
  [Code in ErrorCode]: (typeof errorCodes)[Code]['closes'] extends true ? Code : never;
}[ErrorCode];
