import { type ParseArgsConfig, parseArgs } from 'node:util';

export const DEFAULT_PORT = 4001;

/** What a command has of the shell in which it runs. */
export interface Shell {
  /** The words after the name of the command. */
  parameters: string[];
  environment: NodeJS.ProcessEnv;
  /** Prints a text and a newline on standard output. */
  print(text: string): void;
  /** Aborted by Ctrl-C. Commands that run until then end themselves. */
  stop: AbortSignal;
}

export interface Command {
  usage: string;
  /** Ctrl-C aborts `stop`, and the command ends itself. Without it, Ctrl-C ends the process at once. */
  endsItself?: true;
  /** Returns the exit code. Rejects with an error whose message is for the person who typed the command. */
  run(shell: Shell): Promise<number>;
}

/** The command ends with exit code 1 and this sentence on standard error. */
class CommandError extends Error {}

/** Ends the command that calls it with exit code 1 and this sentence on standard error. */
export function fail(message: string): never {
  throw new CommandError(message);
}

/** Runs a command, or prints its usage for `--help`. Returns the exit code. */
export async function runCommand(
  { usage, run }: Command,
  shell: Shell,
  printError: (text: string) => void,
): Promise<number> {
  if (shell.parameters.includes('--help')) {
    shell.print(usage);
    return 0;
  }
  try {
    return await run(shell);
  } catch (error) {
    printError(error instanceof Error ? error.message : String(error));
    return 1;
  }
}

/** Parses the parameters of a command. On an error it ends the command with the error and the usage. */
export function readCommandLine<Options extends NonNullable<ParseArgsConfig['options']>>(
  { parameters }: Shell,
  usage: string,
  options: Options,
) {
  try {
    return parseArgs({ args: parameters, options, allowPositionals: true });
  } catch (error) {
    return fail(`${error instanceof Error ? error.message : String(error)}\n\n${usage}`);
  }
}

export function portOf(text: string | undefined): number {
  if (text === undefined) return DEFAULT_PORT;
  const port = Number(text);
  if (/^\d+$/.test(text) && port <= 65_535) return port;
  return fail(`--port: expected a number from 0 (any free port) to 65535, got "${text}"`);
}
