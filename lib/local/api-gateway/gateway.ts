import type { WebSocketApi } from '../description.ts';
import type { Invoke } from '../invoke.ts';
import type { Time } from '../time.ts';
import type { Throttling } from './throttling.ts';

/** What every part of the WebSocket API needs to know of the API it belongs to. */
export interface Gateway {
  api: WebSocketApi;
  apiId: string;
  stage: string;
  /** Host and port: `http://${domainName}/${stage}` is an endpoint for `@connections`. */
  domainName: string;
  invoke: Invoke;
  throttling: Throttling;
  time: Time;
  randomBytes: (size: number) => Uint8Array;
  print: (line: string) => void;
}

/** An id of a connection, request or message, such as `TXzPWdnOjoECGjA=`: eleven bytes, base64url with padding. */
export function newId({ randomBytes }: Pick<Gateway, 'randomBytes'>): string {
  return `${Buffer.from(randomBytes(11)).toString('base64url')}=`;
}
