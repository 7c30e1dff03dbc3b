interface ErrorDescription {
  /** Whether the server closes the connection after the `error` frame. `if unknown`: only if it has no row of it. */
  closes: 'yes' | 'no' | 'if unknown';
  meaning: string;
  /** What the client does next. */
  remedy: string;
}

/** Every `code` of an `error` frame. The set is closed: a client may switch over it exhaustively. */
export const errorCodes = {
  invalid_json: {
    closes: 'no',
    meaning: 'The message is not JSON.',
    remedy: 'Send one JSON object a message.',
  },
  invalid_message: {
    closes: 'no',
    meaning: 'The message is JSON, but not a message of this protocol.',
    remedy: 'Correct the field that the error names; sending it again unchanged fails again.',
  },
  unknown_type: {
    closes: 'no',
    meaning: 'No message has this type.',
    remedy: 'Send auth, subscribe_room, unsubscribe_room or ping.',
  },
  auth_failed: {
    closes: 'yes',
    meaning: 'The token is missing, malformed, expired, not yet valid, or not signed for this service.',
    remedy: 'Get a new token, connect again, send auth.',
  },
  user_mismatch: {
    closes: 'yes',
    meaning: 'The new token belongs to a different user than the one that authenticated this connection.',
    remedy: 'Open a separate connection for the other user.',
  },
  auth_timeout: {
    closes: 'yes',
    meaning: 'The connection did not authenticate within the deadline.',
    remedy: 'Connect again and send auth at once.',
  },
  token_expired: {
    closes: 'yes',
    meaning: 'The token that authenticated this connection has expired.',
    remedy: 'Get a new token, connect again, send auth; next time renew it before expiresAt.',
  },
  forbidden_room: {
    closes: 'no',
    meaning: 'This user may not join this room.',
    remedy: 'Do not retry with the same token.',
  },
  too_many_rooms: {
    closes: 'no',
    meaning: 'The connection has reached its maximum number of rooms.',
    remedy: 'Leave a room first; after leaving very many rooms within a minute, wait a minute.',
  },
  too_large: {
    closes: 'no',
    meaning: 'The message is larger than 32 KB.',
    remedy: 'Send a smaller message; no message of this protocol needs that size.',
  },
  internal: {
    closes: 'if unknown',
    meaning: 'The server failed, or it no longer knows the connection and closes it.',
    remedy: 'Try again after a moment; if the connection was closed, connect again.',
  },
} as const satisfies Record<string, ErrorDescription>;

export type ErrorCode = keyof typeof errorCodes;

/** The codes after which the server closes the connection. */
export type ClosingCode = {
  [Code in ErrorCode]: (typeof errorCodes)[Code]['closes'] extends 'yes' ? Code : never;
}[ErrorCode];
