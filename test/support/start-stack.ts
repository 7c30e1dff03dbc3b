import { expireToken } from '../../bin/expire-token.ts';
import { functionEntries } from '../../lib/config/functions.ts';
import { LOCAL_NAME, localStack, localTokens } from '../../lib/config/local-stack.ts';
import { readLocalSettings } from '../../lib/config/read-settings.ts';
import type { AccountQuotas } from '../../lib/local/account-quotas.ts';
import type { StackDescription } from '../../lib/local/description.ts';
import { passingDevelopmentKey } from '../../lib/local/dev/development-key.ts';
import type { Faults } from '../../lib/local/faults.ts';
import { bundleLoader } from '../../lib/local/lambda/bundle-loader.ts';
import type { LocalEmulatorOptions } from '../../lib/local/options.ts';
import { type LocalEmulator, startLocalEmulator } from '../../lib/local/start.ts';
import { systemTime, type Time } from '../../lib/local/time.ts';
import { dynamoDbStore } from '../../lib/store/dynamodb-store.ts';
import { applicationClients } from './application-clients.ts';
import { root } from './start-local.ts';

export interface Stack extends LocalEmulator {
  application: ReturnType<typeof applicationClients>;
  token(sub: string, request?: object): Promise<string>;
  /** Everything that the emulator has printed. */
  printed: string[];
  /** Rejects when the role of a function has refused it anything: its handler may have survived that. */
  close(): Promise<void>;
  /** Every row of the table. */
  rows(): Promise<Record<string, unknown>[]>;
}

/** The stack on the emulator in this process: as `npm start`, but with faults, and a clock of the test. */
export async function startStack(options: {
  /** Default: any free one. */
  port?: number;
  faults?: Faults;
  time?: Time;
  quotas?: Partial<AccountQuotas>;
  environment?: Record<string, string>;
  /** Changes the stack before it is served. */
  adapt?: (description: StackDescription) => StackDescription;
  /** Default: the functions are built from the sources. */
  loader?: LocalEmulatorOptions['loader'];
}): Promise<Stack> {
  const { faults = {}, time = systemTime, environment = {}, adapt = (same) => same } = options;
  const settings = readLocalSettings(environment);
  const tokens = localTokens(settings, await passingDevelopmentKey());
  const entries = functionEntries(tokens.settings.mode);
  const printed: string[] = [];
  const print = (text: string) => void printed.push(text);
  const aws = await startLocalEmulator({
    port: options.port ?? 0,
    describe: (endpoint) => adapt(localStack(endpoint, settings, tokens)),
    loader: options.loader ?? (({ environmentOf }) => bundleLoader({ entries, environmentOf, root, print })),
    tokens: tokens.issuer,
    connectionActions: { 'expire-token': (connectionId) => expireToken(store(), connectionId, time.now()) },
    time,
    quotas: options.quotas ?? {},
    faults,
    print,
  });
  const application = applicationClients(aws.endpoint);
  const store = () => dynamoDbStore({ client: application.dynamoDb, tableName: LOCAL_NAME, clock: time.now });
  return {
    ...aws,
    application,
    printed,
    rows: () => application.scan(LOCAL_NAME),
    async close() {
      await aws.close();
      const refused = printed.filter((line) => line.startsWith('iam: '));
      if (refused.length > 0) throw new Error(refused.join('\n'));
    },
    async token(sub, request = {}) {
      const body = JSON.stringify({ sub, ...request });
      const response = await fetch(`${aws.endpoint}/dev/token`, { method: 'POST', body });
      return ((await response.json()) as { token: string }).token;
    },
  };
}
