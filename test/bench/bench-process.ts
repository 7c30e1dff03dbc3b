import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { root } from '../support/start-local.ts';

/** A process beside the bench, whose CPU is not that of the bench. It ends when it is let go. */
export interface BenchProcess {
  /** On the loopback interface; the port is the first that it sends. */
  endpoint: string;
  /** Sends, and resolves to the reply; one at a time. */
  ask<Reply>(request: string | object): Promise<Reply>;
  close(): Promise<void>;
}

/** Starts a file of this folder. */
export async function startBenchProcess(file: string): Promise<BenchProcess> {
  const child = fork(join(root, 'test/bench', file), { execArgv: ['--import', 'tsx'], cwd: root });
  const [port] = await once(child, 'message');
  return {
    endpoint: `http://127.0.0.1:${port}`,
    async ask(request) {
      child.send(request);
      const [reply] = await once(child, 'message');
      return reply;
    },
    async close() {
      const ended = once(child, 'exit');
      child.disconnect();
      await ended;
    },
  };
}
