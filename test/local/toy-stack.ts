import type { StackDescription } from '../../lib/local/description.ts';
import type { Handler } from '../../lib/local/lambda/handler.ts';
import type { LocalEmulatorOptions } from '../../lib/local/options.ts';
import { type LocalEmulator, startLocalEmulator } from '../../lib/local/start.ts';

/** For toys of whose permissions nothing is said. */
export const EVERYTHING = [{ actions: ['*'], resources: ['*'] }];

/** A stack with nothing but functions and routes. `!` behind a route's function makes it two-way. */
export function toyStack(routes: Record<string, string>, functionNames: string[]): StackDescription {
  return {
    stage: 'toy',
    apiId: 'toyapi0000',
    region: 'eu-west-1',
    functions: Object.fromEntries(
      functionNames.map((name) => [name, { environment: {}, timeoutSeconds: 3, statements: EVERYTHING }]),
    ),
    webSocketApi: {
      routeSelectionExpression: '$request.body.type',
      routes: Object.fromEntries(
        Object.entries(routes).map(([routeKey, target]) => [
          routeKey,
          { function: target.replace('!', ''), returnResponse: target.endsWith('!') },
        ]),
      ),
    },
    eventBus: { name: 'toy', rules: [] },
    queues: {},
    tables: [],
    secrets: {},
  };
}

export interface ToyOptions extends Partial<LocalEmulatorOptions> {
  handlers: Record<string, Handler>;
  /** Route key → function; `!` behind it makes the route two-way. */
  routes: Record<string, string>;
  /** Changes the description before it is used. */
  adapt?: (description: StackDescription) => StackDescription;
}

export interface Toy extends LocalEmulator {
  /** What the emulator printed. */
  printed: string[];
}

/** A local emulator on a free port, with handlers written in the test. */
export async function startToy({
  handlers,
  routes,
  adapt = (same) => same,
  ...options
}: ToyOptions): Promise<Toy> {
  const printed: string[] = [];
  const aws = await startLocalEmulator({
    port: 0,
    describe: () => adapt(toyStack(routes, Object.keys(handlers))),
    loader: () => ({
      async loadHandler(functionName) {
        const handler = handlers[functionName];
        if (handler === undefined) throw new Error(`No handler for ${functionName}`);
        return handler;
      },
    }),
    print: (text) => printed.push(text),
    ...options,
  });
  return { ...aws, printed };
}
