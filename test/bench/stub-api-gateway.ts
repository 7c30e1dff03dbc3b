import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { root } from '../support/start-local.ts';

export interface StubApiGateway {
  /** With a stage, as a function's `CALLBACK_URL`. */
  endpoint: string;
  /** How many calls it has answered. */
  received(): Promise<number>;
  close(): Promise<void>;
}

/** `@connections` that answers 200 at once, in a process of its own: its CPU is not that of the bench. */
export async function startStubApiGateway(): Promise<StubApiGateway> {
  const child = fork(join(root, 'test/bench/stub-api-gateway-process.ts'), {
    execArgv: ['--import', 'tsx'],
    cwd: root,
  });
  const port = await nextNumber(child);
  return {
    endpoint: `http://127.0.0.1:${port}/bench`,
    received() {
      child.send('received?');
      return nextNumber(child);
    },
    async close() {
      const ended = once(child, 'exit');
      child.disconnect();
      await ended;
    },
  };
}

async function nextNumber(child: ChildProcess): Promise<number> {
  const [number] = await once(child, 'message');
  return number;
}
