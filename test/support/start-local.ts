import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { within } from './within.ts';

export const root = fileURLToPath(new URL('../..', import.meta.url));

/** A command of `bin/`, started as npm would. */
export interface RunningCommand {
  /** Everything printed so far, on both streams. */
  output(): string;
  /** Resolves as soon as the output matches. */
  printed(pattern: RegExp): Promise<RegExpMatchArray>;
  ended: Promise<{ code: number | null; stdout: string; stderr: string }>;
  process: ChildProcess;
}

export interface LocalEmulator extends RunningCommand {
  endpoint: string;
  port: number;
  /** Asks the development issuer for a token. */
  token(sub: string, request?: { expiresIn?: number; claims?: object }): Promise<string>;
  stop(): Promise<{ code: number | null; stdout: string; stderr: string }>;
}

type Environment = Record<string, string | undefined>;

/** Where the development key of tests is kept. */
const XDG_CACHE_HOME = join(root, 'node_modules/.cache');

/** What a person's shell would give, without what this test run has set for itself. */
function shellEnvironment(environment: Environment): NodeJS.ProcessEnv {
  const own = Object.entries(process.env).filter(
    ([name]) => !name.startsWith('AWS_') && !name.startsWith('VITEST'),
  );
  return { ...Object.fromEntries(own), XDG_CACHE_HOME, ...environment };
}

export function runCommand(
  file: string,
  parameters: string[],
  environment: Environment = {},
): RunningCommand {
  const child = spawn(process.execPath, ['--import', 'tsx', file, ...parameters], {
    cwd: root,
    env: shellEnvironment(environment),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const printed = { stdout: '', stderr: '' };
  const watchers = new Set<() => void>();
  for (const stream of ['stdout', 'stderr'] as const) {
    child[stream].on('data', (chunk) => {
      printed[stream] += chunk;
      for (const watcher of watchers) watcher();
    });
  }
  const ended = new Promise<{ code: number | null; stdout: string; stderr: string }>((resolve) => {
    child.once('close', (code) => resolve({ code, ...printed }));
  });
  const output = () => printed.stdout + printed.stderr;
  return {
    process: child,
    output,
    ended,
    printed(pattern) {
      const matched = new Promise<RegExpMatchArray>((resolve, reject) => {
        const look = () => {
          const match = output().match(pattern);
          if (match !== null) resolve(match);
        };
        watchers.add(look);
        look();
        void ended.then(() => reject(new Error(`${file} ended without printing ${pattern}:\n${output()}`)));
      });
      return within(matched, `${file} to print ${pattern}`);
    },
  };
}

/** Starts the emulator by `npm start`'s own entry, on a free port. */
export async function startLocal(
  environment: Environment = {},
  parameters: string[] = [],
): Promise<LocalEmulator> {
  const command = runCommand('bin/local.ts', ['--port', '0', ...parameters], environment);
  const [, endpoint = '', port] = await command.printed(
    /AWS_ENDPOINT_URL=(http:\/\/localhost:(\d+))[\s\S]*\n\n$/,
  );
  return {
    ...command,
    endpoint,
    port: Number(port),
    async token(sub, request = {}) {
      const response = await fetch(`${endpoint}/dev/token`, {
        method: 'POST',
        body: JSON.stringify({ sub, ...request }),
      });
      return ((await response.json()) as { token: string }).token;
    },
    async stop() {
      command.process.kill('SIGINT');
      return command.ended;
    },
  };
}
