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

export interface LocalEmulatorOptions {
  /** Default: 127.0.0.1, so that only this machine can connect. */
  host?: string;
  /** Further host names under which it answers, beside those of this machine and `host`. */
  allowedHosts?: readonly string[];
  /** Further origins whose pages may use it, beside pages of this machine. */
  allowedOrigins?: readonly string[];
  /** 0 takes any free port. */
  port: number;
  /** Returns the stack to serve. Called once, when the endpoint (such as `http://localhost:4001`) is known. */
  describe(endpoint: string): StackDescription;
  /** Returns the loader of the handlers, such as `bundleLoader`. */
  loader(stack: LoaderInput): FunctionLoader | Promise<FunctionLoader>;
  /** Fields that `/dev/connections` shows of a connection, beside those of API Gateway. */
  inspectConnection?(connectionId: string): Promise<Record<string, unknown>>;
  /** Actions of `POST /dev/connections/<id>/<name>`, beside `drop`, `close` and `throttle`. */
  connectionActions?: Record<string, ConnectionAction>;
  /** Pages for a browser, by their paths. Default: a greeting at `/`. */
  pages?: Pages;
  /** Settings of `/dev/token`. Without them that path does not exist. */
  tokens?: Omit<DevTokensOptions, 'time'>;
  time?: Time;
  /** Quotas of the account that differ from AWS's defaults. */
  quotas?: Partial<AccountQuotas>;
  faults?: Faults;
  randomBytes?: (size: number) => Uint8Array;
  /** A new UUID. */
  newId?: () => string;
  /** Whether a line of a function's structured log is printed. Default: every line above the level DEBUG. */
  isShown?: (entry: LogEntry) => boolean;
  /** Prints messages for the developer: failures of functions, warnings. One or more lines, without a final newline. */
  print?: (text: string) => void;
}

/** The default of every option that has one. */
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
