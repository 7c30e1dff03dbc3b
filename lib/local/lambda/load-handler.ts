import { basename } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Handler } from './handler.ts';
import { runWithEnvironment } from './scoped-environment.ts';

/**
 * Evaluates a module in its function's environment ("cold start") and gives its handler, which runs in it too.
 * @throws Error what the module throws; or that it exports no `handler`.
 */
export async function loadHandler(file: string, environment: Record<string, string>): Promise<Handler> {
  const url = pathToFileURL(file).href;
  const { handler }: { handler?: unknown } = await runWithEnvironment(environment, () => import(url));
  if (typeof handler !== 'function') throw new Error(`${basename(file)} exports no function named handler`);
  return async (event, context) => runWithEnvironment(environment, () => handler(event, context));
}
