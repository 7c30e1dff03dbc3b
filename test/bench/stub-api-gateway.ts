import { startBenchProcess } from './bench-process.ts';
import type { Deliveries, Scripts } from './scripted-connections.ts';

export interface StubApiGateway {
  /** With a stage, as a function's `CALLBACK_URL`. */
  endpoint: string;
  /** How many calls it has answered. */
  received(): Promise<number>;
  /** From now on connections do as their script says, and deliveries are kept. */
  script(scripts: Scripts): Promise<void>;
  /** Since the last script. */
  deliveries(): Promise<Deliveries>;
  close(): Promise<void>;
}

/** What is sent to the process; it replies to each. */
export type StubRequest = 'received?' | 'deliveries?' | { scripts: Scripts };

/** `@connections`. Without a script it answers 200 at once, and keeps nothing. */
export async function startStubApiGateway(): Promise<StubApiGateway> {
  const { endpoint, ask, close } = await startBenchProcess('stub-api-gateway-process.ts');
  const send = <Reply>(request: StubRequest) => ask<Reply>(request);
  return {
    endpoint: `${endpoint}/bench`,
    received: () => send('received?'),
    script: (scripts) => send({ scripts }),
    deliveries: () => send('deliveries?'),
    close,
  };
}
