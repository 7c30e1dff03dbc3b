import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runCommand } from '../../bin/command-line.ts';
import { commands } from '../../bin/commands.ts';
import { within } from './within.ts';

export const root = fileURLToPath(new URL('../..', import.meta.url));

interface Ended {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** A command of `bin/` that runs. */
export interface RunningCommand {
  /** Everything printed so far, on both streams. */
  output(): string;
  /** Resolves as soon as the output matches. */
  printed(pattern: RegExp): Promise<RegExpMatchArray>;
  ended: Promise<Ended>;
  /** As Ctrl-C does. SIGKILL is for a process of its own. */
  stop(signal?: 'SIGINT' | 'SIGKILL'): Promise<Ended>;
}

export interface LocalEmulator extends RunningCommand {
  endpoint: string;
  port: number;
  /** Asks the development issuer for a token. */
  token(sub: string, request?: { expiresIn?: number; claims?: object }): Promise<string>;
}

type Environment = Record<string, string | undefined>;
type Start = (name: string, parameters: string[], environment?: Environment) => RunningCommand;

/** Where the development key of tests is kept. */
const XDG_CACHE_HOME = join(root, 'node_modules/.cache');

/** What a person's shell would give, without what this test run has set for itself. */
function shellEnvironment(environment: Environment): NodeJS.ProcessEnv {
  const own = Object.entries(process.env).filter(
    ([name]) => !name.startsWith('AWS_') && !name.startsWith('VITEST'),
  );
  return { ...Object.fromEntries(own), XDG_CACHE_HOME, ...environment };
}

/** Runs a command in this process, which is quick. An AWS SDK sees the environment of this process, not the given one. */
export const startCommand: Start = (name, parameters, environment = {}) => {
  const stop = new AbortController();
  return running(name, (print) => ({
    async run() {
      const command = await commands[name]?.();
      if (command === undefined) throw new Error(`there is no command ${name}`);
      const shell = {
        parameters,
        environment: shellEnvironment(environment),
        print: (text: string) => print('stdout', `${text}\n`),
        stop: stop.signal,
      };
      return runCommand(command, shell, (text) => print('stderr', `${text}\n`));
    },
    stop: () => stop.abort(),
  }));
};

/** Runs a command as npm would, in a process and with an environment of its own. */
export const spawnCommand: Start = (name, parameters, environment) =>
  spawnScript('bin/run.ts', [name, ...parameters], environment);

/** Runs a script of the project in a process and with an environment of its own. */
export const spawnScript: Start = (file, parameters, environment = {}) =>
  running(file, (print) => {
    const child = spawn(process.execPath, ['--import', 'tsx', file, ...parameters], {
      cwd: root,
      env: shellEnvironment(environment),
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of ['stdout', 'stderr'] as const) {
      child[stream].on('data', (chunk) => print(stream, String(chunk)));
    }
    return {
      run: () => new Promise((resolve) => child.once('close', resolve)),
      stop: (signal) => void child.kill(signal),
    };
  });

function running(
  name: string,
  start: (print: (stream: 'stdout' | 'stderr', text: string) => void) => {
    run(): Promise<number | null>;
    stop(signal: 'SIGINT' | 'SIGKILL'): void;
  },
): RunningCommand {
  const texts = { stdout: '', stderr: '' };
  const watchers = new Set<() => void>();
  const { run, stop } = start((stream, text) => {
    texts[stream] += text;
    for (const watcher of watchers) watcher();
  });
  const ended = run().then((code) => ({ code, ...texts }));
  const output = () => texts.stdout + texts.stderr;
  return {
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
        void ended.then(() => reject(new Error(`${name} ended without printing ${pattern}:\n${output()}`)));
      });
      return within(matched, `${name} to print ${pattern}`);
    },
    stop(signal = 'SIGINT') {
      stop(signal);
      return ended;
    },
  };
}

/** Starts the emulator by the command of `npm start`, on a free port. */
export async function startLocal(
  environment: Environment = {},
  parameters: string[] = [],
  start: Start = startCommand,
): Promise<LocalEmulator> {
  const command = start('local', ['--port', '0', ...parameters], environment);
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
  };
}
