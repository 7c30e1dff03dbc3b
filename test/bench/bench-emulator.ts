import { functionEntries } from '../../lib/config/functions.ts';
import { localStack, localTokens } from '../../lib/config/local-stack.ts';
import { readLocalSettings } from '../../lib/config/read-settings.ts';
import type { StackDescription } from '../../lib/local/description.ts';
import { passingDevelopmentKey } from '../../lib/local/dev/development-key.ts';
import type { Faults } from '../../lib/local/faults.ts';
import { bundleLoader } from '../../lib/local/lambda/bundle-loader.ts';
import type { FunctionLoader } from '../../lib/local/lambda/handler.ts';
import { startLocalEmulator } from '../../lib/local/start.ts';
import { root } from '../support/start-local.ts';

/** A function that only a bench has, and the `source` of the events that its rule gives it. */
export interface FunctionBeside {
  source: string;
  /** Path from the project's root. */
  entry: string;
}

export interface BenchEmulator {
  port: number;
  /** Not the emulator itself: a thousand clients that all leave at once are not what is measured. */
  close(): Promise<void>;
}

// Nobody authenticates here: rows are written by the bench.
const settings = readLocalSettings({ AUTH_DEADLINE_SECONDS: '900' });
const tokens = localTokens(settings, await passingDevelopmentKey());

/** The emulator in this process, with the stack and beside it functions on rules of their own. */
export async function startBenchEmulator(options: {
  beside: Record<string, FunctionBeside>;
  faults?: Faults;
  /** Called when a function has run. */
  onRun?: (functionName: string, milliseconds: number) => void;
}): Promise<BenchEmulator> {
  const { beside, faults = {}, onRun } = options;
  const besideEntries = Object.entries(beside).map(([name, { entry }]) => [name, entry]);
  const entries = { ...functionEntries(tokens.settings.mode), ...Object.fromEntries(besideEntries) };
  let functions: FunctionLoader | undefined;
  const { port } = await startLocalEmulator({
    port: 0,
    faults,
    describe: (endpoint) => withBeside(localStack(endpoint, settings, tokens), beside),
    async loader({ environmentOf }) {
      functions = await bundleLoader({ entries, environmentOf, root, print });
      return onRun ? timed(functions, onRun) : functions;
    },
    print,
  });
  return { port, close: async () => functions?.close?.() };
}

/** Functions beside have what the broadcaster has. */
function withBeside(stack: StackDescription, beside: Record<string, FunctionBeside>): StackDescription {
  const { broadcast } = stack.functions;
  if (broadcast === undefined) throw new Error('The stack has no broadcaster');
  const names = Object.keys(beside);
  const rules = Object.entries(beside).map(([name, { source }]) => ({
    name,
    pattern: { source: [source] },
    function: name,
  }));
  return {
    ...stack,
    functions: { ...stack.functions, ...Object.fromEntries(names.map((name) => [name, broadcast])) },
    eventBus: { ...stack.eventBus, rules: [...stack.eventBus.rules, ...rules] },
  };
}

function timed(
  loader: FunctionLoader,
  onRun: (functionName: string, milliseconds: number) => void,
): FunctionLoader {
  return {
    ...loader,
    async loadHandler(name) {
      const handler = await loader.loadHandler(name);
      return async (...input) => {
        const begun = performance.now();
        try {
          return await handler(...input);
        } finally {
          onRun(name, performance.now() - begun);
        }
      };
    },
  };
}

const printed = new Set<string>();

/**
 * What a broadcast logs is not what is measured, but whoever looks for an error must see it: with its stack trace when it
 * is the first of its kind.
 */
function print(text: string): void {
  if (/^\w+: INFO /.test(text)) return;
  const [headline = ''] = text.split('\n', 1);
  const kind = headline.replace(/\(request \S+\)/, '');
  process.stderr.write(`${printed.has(kind) ? headline : text}\n`);
  printed.add(kind);
}
