import { describe, expect, it } from 'vitest';
import { onConnectionEvent } from '../../../lib/lambda/on-connection-event.ts';
import type { WebSocketEvent } from '../../../lib/lambda/websocket-event.ts';
import { recordingGateway } from '../../support/recording-gateway.ts';

type EventType = WebSocketEvent['requestContext']['eventType'];

const eventOf = (eventType: EventType, body?: string): WebSocketEvent => ({
  requestContext: { connectionId: 'c=', eventType, connectedAt: 1, requestTimeEpoch: 2 },
  ...(body !== undefined && { body }),
});

describe.each(['CONNECT', 'DISCONNECT'] as const)('the handler of a %s', (eventType) => {
  const routeKey = `$${eventType.toLowerCase()}`;
  const touched: unknown[] = [];
  const handle = async (connection: unknown) => void touched.push(connection);

  it('hands over the connection and posts nothing', async () => {
    const gateway = recordingGateway();
    const event = eventOf(eventType);
    expect(await onConnectionEvent(eventType, gateway, handle)(event)).toEqual({ statusCode: 200 });
    expect(touched.splice(0)).toEqual([event.requestContext]);
    expect(gateway.frames).toEqual([]);
  });

  it('fails where the core fails, so that API Gateway refuses or Lambda reports it', async () => {
    const failing = onConnectionEvent(eventType, recordingGateway(), () =>
      Promise.reject(new Error('no table')),
    );
    await expect(failing(eventOf(eventType))).rejects.toThrow('no table');
  });

  it('P4 refuses a client that names the route as its type, by a posted frame, and touches no row', async () => {
    const gateway = recordingGateway();
    const body = JSON.stringify({ type: routeKey, data: { secret: 'S3cr3t' }, id: 7 });
    const response = await onConnectionEvent(eventType, gateway, handle)(eventOf('MESSAGE', body));
    expect(response).toEqual({ statusCode: 200 });
    expect(touched).toEqual([]);
    expect(gateway.framesOf('c=')).toMatchObject([
      { type: 'error', data: { code: 'unknown_type', requestType: routeKey }, id: 7 },
    ]);
    expect(JSON.stringify(gateway.frames)).not.toContain('S3cr3t');
  });

  it('answers 200 also where the refusal reaches nobody', async () => {
    const gateway = recordingGateway();
    gateway.drop('c=');
    const event = eventOf('MESSAGE', `{"type":"${routeKey}"}`);
    expect(await onConnectionEvent(eventType, gateway, handle)(event)).toEqual({ statusCode: 200 });
  });
});
