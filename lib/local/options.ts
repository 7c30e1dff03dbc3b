import { randomBytes, randomUUID } from 'node:crypto';
import type { AccountQuotas } from './account-quotas.ts';
import type { StackDescription } from './description.ts';
import type { ConnectionAction } from './dev/connection-routes.ts';
import type { DevTokensOptions } from './dev/dev-tokens.ts';
import type { Faults } from './faults.ts';
import type { Pages } from './http/pages.ts';
import type { LogEntry } from './lambda/function-log.ts';
import type { FunctionLoader, LoaderInput } from './lambda/handler.ts';
import { systemTime, type Time } from './time.ts';

export interface LocalAwsOptions {
  /** Default 127.0.0.1: what is served here is for this machine. */
  host?: string;
  /** Names that it is called by, beside those of this machine and `host`. */
  allowedHosts?: readonly string[];
  /** Origins of pages that may use it, beside those that this machine serves. */
  allowedOrigins?: readonly string[];
  /** 0 takes any free port. */
  port: number;
  /** Called once, when the endpoint (such as `http://localhost:4001`) is known. */
  describe(endpoint: string): StackDescription;
  /** Gives the handlers, such as `bundleLoader`. */
  loader(stack: LoaderInput): FunctionLoader | Promise<FunctionLoader>;
  /** What `/dev/connections` shows of a connection beside what API Gateway knows. */
  inspectConnection?(connectionId: string): Promise<Record<string, unknown>>;
  /** What `POST /dev/connections/<id>/<name>` does, beside `drop` and `throttle`. */
  connectionActions?: Record<string, ConnectionAction>;
  /** Pages for a person, by their paths. Default: a greeting at `/`. */
  pages?: Pages;
  /** Without it there is no `/dev/token`. */
  tokens?: Omit<DevTokensOptions, 'time'>;
  time?: Time;
  /** What the account may do, where it differs from AWS's defaults. */
  quotas?: Partial<AccountQuotas>;
  faults?: Faults;
  randomBytes?: (size: number) => Uint8Array;
  /** A new UUID. */
  newId?: () => string;
  /** Whether a line of a function's structured log is printed. Default: all but those of the level DEBUG. */
  isShown?: (entry: LogEntry) => boolean;
  /** Gets what a developer should see: failures of functions, warnings. One or more lines without a last newline. */
  print?: (text: string) => void;
}

/** What may be left out. */
export const DEFAULTS = {
  host: '127.0.0.1',
  allowedHosts: [] as readonly string[],
  allowedOrigins: [] as readonly string[],
  time: systemTime,
  faults: {} satisfies Faults as Faults,
  randomBytes: (size: number): Uint8Array => randomBytes(size),
  newId: (): string => randomUUID(),
  isShown: ({ level }: LogEntry): boolean => level !== 'DEBUG',
  print: (text: string): void => void process.stdout.write(`${text}\n`),
};
