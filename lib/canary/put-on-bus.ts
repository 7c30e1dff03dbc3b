import { type EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';

/** EventBridge answered, and did not take the event. */
export class NotAccepted extends Error {
  override readonly name = 'NotAccepted';
}

/**
 * Puts one event and returns EventBridge's id of it. Rejects with NotAccepted, or with the SDK's error. Not by the
 * publisher: it would try again for half a minute, and hide that a call fails.
 */
export function putOnBus(
  client: Pick<EventBridgeClient, 'send'>,
  { bus, source }: { bus: string; source: string },
): (type: string, detail: object) => Promise<string> {
  return async (type, detail) => {
    const entry = { EventBusName: bus, Source: source, DetailType: type, Detail: JSON.stringify(detail) };
    const { Entries: results } = await client.send(new PutEventsCommand({ Entries: [entry] }));
    const [result] = results ?? [];
    if (result?.EventId !== undefined) return result.EventId;
    throw new NotAccepted(`not accepted, ${result?.ErrorCode}: ${result?.ErrorMessage}`);
  };
}
