/**
 * What API Gateway hands to the function of a WebSocket route, as far as it is used here.
 * `@types/aws-lambda` lacks the disconnect fields and calls `messageId` mandatory.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-mapping-template-reference.html
 */
export interface WebSocketEvent {
  requestContext: {
    connectionId: string;
    eventType: 'CONNECT' | 'MESSAGE' | 'DISCONNECT';
    /** Epoch milliseconds. */
    connectedAt: number;
    /** When API Gateway took the message, epoch milliseconds. */
    requestTimeEpoch: number;
    /** The close code, of a DISCONNECT. */
    disconnectStatusCode?: number;
  };
  /** Only a MESSAGE has one. */
  body?: string;
}

export interface WebSocketResponse {
  statusCode: number;
  /** Sent to the client where the route has a route response. */
  body?: string;
}

export type WebSocketHandler = (event: WebSocketEvent) => Promise<WebSocketResponse>;
