import type { ErrorCode } from '../protocol/error-codes.ts';

/** What ended a wait. The first are those of the server's `error` frames. */
export type ClientErrorCode =
  | ErrorCode
  /** No answer came in time. The client goes on trying. */
  | 'timeout'
  /** The connection was lost. The client goes on trying. */
  | 'connection_lost'
  /** `getToken` failed; the reason is the `cause`. The client goes on trying. */
  | 'token_unavailable'
  /** A listener threw, or its promise was rejected; what with is the `cause`. */
  | 'listener_failed'
  /** `getToken` threw a TradeRoomError with this code: nobody is signed in. The client stops. */
  | 'signed_out'
  /** There is no WebSocket to connect with (Node 20). The client stops. */
  | 'no_web_socket'
  /** `close()` or `unsubscribe()` was called. */
  | 'closed';

/** What the server refused, or did not do in time. `code` is stable; `message` is for a developer. */
export class TradeRoomError extends Error {
  override readonly name = 'TradeRoomError';
  readonly code: ClientErrorCode;
  /** With `connection_lost`: the code that the WebSocket was closed with. Absent where it could not be made. */
  readonly closeCode: number | undefined;

  constructor(code: ClientErrorCode, message: string, options?: { cause?: unknown; closeCode?: number }) {
    super(message, options);
    this.code = code;
    this.closeCode = options?.closeCode;
  }
}
