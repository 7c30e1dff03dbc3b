import { percentDecoded } from '../http/percent-decoded.ts';

export interface InvocationPath {
  /** As the caller wrote it: a name or an ARN, with or without a qualifier. */
  functionName: string;
  qualifier: string | undefined;
}

/** Reads `/2015-03-31/functions/{name}/invocations?Qualifier=…`; undefined for any other path. */
export function invocationPath(url: string): InvocationPath | undefined {
  const [path = '', query = ''] = url.split('?');
  const match = /^\/2015-03-31\/functions\/([^/]+)\/invocations$/.exec(path);
  if (match === null) return undefined;
  const qualifier = new URLSearchParams(query).get('Qualifier') || undefined;
  return { functionName: percentDecoded(match[1] ?? ''), qualifier };
}
