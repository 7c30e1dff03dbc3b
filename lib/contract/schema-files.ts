import { DIALECT, type JsonSchema } from './json-schema.ts';
import {
  clientMessageSchemas,
  eventDetailSchemas,
  eventFrameSchemas,
  serverMessageSchemas,
} from './message-schemas.ts';
import { busSummaries, clientSummaries, serverSummaries } from './summaries.ts';

/**
 * Every JSON Schema of the package, by its path: `client/auth.json`, `server/pong.json`, `bus/order_executed.json`. Each
 * stands by itself.
 */
export function schemaFiles(): Record<string, JsonSchema> {
  const frames = eventFrameSchemas();
  const server = serverMessageSchemas((type) => `#/definitions/${type}`);
  const carryingEvents = Object.fromEntries(
    Object.entries(server).map(([type, schema]) => [
      type,
      carriesEvents(type) ? { ...schema, definitions: frames } : schema,
    ]),
  );
  return {
    ...folder('client', clientMessageSchemas(), clientSummaries),
    ...folder('server', carryingEvents, serverSummaries),
    ...folder('bus', eventDetailSchemas(), busSummaries),
  };
}

function carriesEvents(type: string): boolean {
  return type === 'batch' || type === 'room_subscribed';
}

function folder(
  name: string,
  schemas: Record<string, JsonSchema>,
  descriptions: Record<string, string>,
): Record<string, JsonSchema> {
  const files = Object.entries(schemas).map(([type, schema]) => [
    `${name}/${type}.json`,
    { $schema: DIALECT, title: type, description: descriptions[type], ...schema },
  ]);
  return Object.fromEntries(files);
}
