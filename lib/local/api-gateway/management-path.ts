import { percentDecoded } from '../http/percent-decoded.ts';

export interface ManagementPath {
  /** Absent in the form without a stage. */
  stage: string | undefined;
  connectionId: string;
}

/**
 * Reads `/@connections/{id}` and `/{stage}/@connections/{id}`; undefined for any other path. SDKs send the id's `=`
 * as `%3D`, some clients the `@` as `%40`.
 */
export function managementPath(path: string): ManagementPath | undefined {
  const match = /^(?:\/([^/]+))?\/(?:@|%40)connections\/([^/]+)$/i.exec(path);
  if (match === null) return undefined;
  const [, stage, id = ''] = match;
  return { stage, connectionId: percentDecoded(id) };
}
