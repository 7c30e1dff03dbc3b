import {
  ApiGatewayManagementApiClient,
  DeleteConnectionCommand,
  PostToConnectionCommand,
} from '@aws-sdk/client-apigatewaymanagementapi';
import type { Clock, Gateway, PostOutcome } from '../core/ports.ts';
import { sdkRequestHandler } from './sdk-request-handler.ts';
import { doubtOf, outcomeOfStatus, POST_TIMEOUT_MS } from './signed-gateway.ts';

interface ManagementApiOptions {
  /** `https://<api>.execute-api.<region>.amazonaws.com/<stage>`. */
  endpoint: string;
  clock: Clock;
  /** A call without an answer after this time is aborted. Milliseconds. */
  timeoutMs?: number;
}

/** Sockets at most. Locally all invocations of a function share them; in Lambda an invocation needs a few. */
const MAX_SOCKETS = 64;

/** `@connections` through the AWS SDK. */
export function managementApiGateway({
  endpoint,
  clock,
  timeoutMs = POST_TIMEOUT_MS,
}: ManagementApiOptions): Gateway {
  const client = new ApiGatewayManagementApiClient({
    endpoint,
    // The caller retries, with its own time budget.
    maxAttempts: 1,
    requestHandler: sdkRequestHandler({
      clock,
      maxSockets: { http: MAX_SOCKETS, https: MAX_SOCKETS },
      doubtMs: doubtOf(timeoutMs),
    }),
  });
  const call = async (send: (abortSignal: AbortSignal) => Promise<unknown>): Promise<PostOutcome> => {
    const signal = AbortSignal.timeout(timeoutMs);
    try {
      await send(signal);
      return 'delivered';
    } catch (error) {
      // Does not use the error's name: the SDK also calls the reset of a connection a TimeoutError.
      return signal.aborted ? 'timed_out' : outcomeOfStatus(statusOf(error));
    }
  };
  return {
    post: (connectionId, frame) =>
      call((abortSignal) =>
        client.send(new PostToConnectionCommand({ ConnectionId: connectionId, Data: frame }), {
          abortSignal,
        }),
      ),
    close: (connectionId) =>
      call((abortSignal) =>
        client.send(new DeleteConnectionCommand({ ConnectionId: connectionId }), { abortSignal }),
      ),
  };
}

function statusOf(error: unknown): number | undefined {
  const { $metadata: metadata } = error as { $metadata?: { httpStatusCode?: number } };
  return metadata?.httpStatusCode;
}
