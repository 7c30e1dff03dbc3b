import type { ErrorCode } from '../protocol/error-codes.ts';

/** Why a call failed. `ErrorCode` has the codes of the server's `error` frames. */
export type ClientErrorCode =
  | ErrorCode
  /** No answer came in time. The client continues to try. */
  | 'timeout'
  /** The connection was lost. The client continues to try. */
  | 'connection_lost'
  /** `getToken` failed; the reason is the `cause`. The client continues to try. */
  | 'token_unavailable'
  /** A listener threw, or its promise was rejected; the error is the `cause`. */
  | 'listener_failed'
  /** `getToken` threw a TradeRoomError with this code: nobody is signed in. The client stops. */
  | 'signed_out'
  /** There is no WebSocket to connect with (Node 20). The client stops. */
  | 'no_web_socket'
  /** `close()` or `unsubscribe()` was called. */
  | 'closed';

/** The one error class of the client. `code` is stable; `message` is for a developer and may change. */
export class TradeRoomError extends Error {
  override readonly name = 'TradeRoomError';
  readonly code: ClientErrorCode;
  /** With `connection_lost`: the close code of the WebSocket. Absent if the WebSocket could not be created. */
  readonly closeCode: number | undefined;

  constructor(
    code: ClientErrorCode,
    message: string,
    options?: { cause?: unknown; closeCode?: number | undefined },
  ) {
    super(message, options);
    this.code = code;
    this.closeCode = options?.closeCode;
  }
}
