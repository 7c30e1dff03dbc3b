import { putEvent } from '../../bin/event-bridge.ts';

/** A stage as its clients and services see it. */
export interface Stage {
  url: string;
  /** Opens every room that is asked for. */
  token: string;
  publish(type: string, detail: object): Promise<unknown>;
}

const required = ['TRADE_ROOM_URL', 'TRADE_ROOM_BUS', 'TRADE_ROOM_TOKEN'] as const;

/**
 * The stage that these variables name, or undefined where there are none of them. Events go to the real EventBridge
 * with the AWS profile and region of the shell; to another one only where TRADE_ROOM_ENDPOINT_URL says so.
 */
export function stageOf(environment: NodeJS.ProcessEnv): Stage | undefined {
  const missing = required.filter((name) => !environment[name]);
  if (missing.length === required.length) return undefined;
  if (missing.length > 0)
    throw new Error(`${missing.join(', ')} missing: a deployed stage needs ${required.join(', ')}`);
  const { TRADE_ROOM_URL: url = '', TRADE_ROOM_BUS: bus, TRADE_ROOM_TOKEN: token = '' } = environment;
  const address = { bus, port: 0, endpointUrl: environment['TRADE_ROOM_ENDPOINT_URL'] };
  return { url, token, publish: (type, detail) => putEvent(address, type, detail) };
}
