import { InvokeCommand, type InvokeCommandInput, LambdaClient } from '@aws-sdk/client-lambda';
import type { Faults } from '../../../lib/local/faults.ts';
import type { Handler } from '../../../lib/local/lambda/handler.ts';
import { type ManualTime, manualTime } from '../../support/manual-time.ts';
import { startToy, type Toy } from '../toy-stack.ts';

export interface Greeting {
  toy: Toy;
  lambda: LambdaClient;
  time: ManualTime;
  /** What `greet` was given, in order. */
  events: unknown[];
  handlers: Record<string, Handler>;
  faults: Faults;
  /** Invokes `greet`, unless the input names another function, and resolves with what the SDK makes of the answer. */
  invoke(input?: Partial<InvokeCommandInput>): Promise<InvokeAnswer>;
  close(): Promise<void>;
}

interface InvokeAnswer {
  status: number | undefined;
  text: string;
  functionError: string | undefined;
  version: string | undefined;
}

/** An emulator whose function `greet` answers `{ greeted: event }`, and an SDK client that does not retry. */
export async function startGreeting(): Promise<Greeting> {
  const events: unknown[] = [];
  const faults: Faults = {};
  const time = manualTime();
  const handlers: Record<string, Handler> = {
    greet: async (event) => {
      events.push(event);
      return { greeted: event };
    },
  };
  const toy = await startToy({
    handlers,
    faults,
    routes: {},
    time,
    loader: () => ({ loadHandler: async (name) => handlers[name] as Handler }),
    adapt: (stack) => ({ ...stack, queues: { lost: { delaySeconds: 0, visibilityTimeoutSeconds: 30 } } }),
  });
  const lambda = new LambdaClient({ maxAttempts: 1 });
  return {
    toy,
    lambda,
    time,
    events,
    handlers,
    faults,
    async invoke(input = {}) {
      const command = new InvokeCommand({ FunctionName: 'greet', ...input });
      const { Payload, ...answer } = await lambda.send(command);
      return {
        status: answer.$metadata.httpStatusCode,
        text: Payload?.transformToString() ?? '',
        functionError: answer.FunctionError,
        version: answer.ExecutedVersion,
      };
    },
    async close() {
      lambda.destroy();
      await toy.close();
    },
  };
}
