/** What to check when a step fails. */
const lookAt = {
  token: "the canary's secret (setting canarySecretName, or jwtSecretName), and the issuer of the tokens",
  connect:
    'the URL, which is the output WebSocketUrl of the stack (locally, "npm start" must be running); the log of the connect function',
  auth: 'the token (issuer, audience, expiry, signing key) against the token settings of the stack; the log of the auth function gives the reason',
  subscribe:
    'roomAccess of the stack and the claim "rooms" of the token; the log of the subscribeRoom function',
  event:
    'the name of the bus (output EventBusName), and whether the AWS profile and region of this shell, or the role of the canary, may put events on it (output PublisherPolicyArn)',
  frame:
    'the name of the bus and the region first, because EventBridge accepts events for a bus that does not exist; then the queue event-dead-letters and the log of the broadcast function',
  missed: 'the same as for the steps event and frame',
  reconnect: 'the logs of the functions connect and auth',
  recover: 'the log of the subscribeRoom function, which reads what was missed from the table',
  table: 'the table, and the role of the canary, which must be allowed to read it',
  log: 'the rule of the bus, the queue event-dead-letters, and the logs of the functions ingest and broadcast',
  unsubscribe: 'the log of the unsubscribeRoom function',
  close: 'the network between here and the stage',
} as const;

type StepName = keyof typeof lookAt;

/** Thrown if a step of a check failed. The message says what was expected, and what to check. */
export class StepFailed extends Error {
  override readonly name = 'StepFailed';
  readonly step: StepName;

  constructor(step: StepName, elapsedMs: number, problem: string) {
    const sentence = problem.replace(/\.$/, '');
    super(`The step "${step}" failed after ${elapsedMs} ms: ${sentence}. Look at: ${lookAt[step]}.`);
    this.step = step;
  }
}

/** A step that passed. `result` describes the outcome in a few words. */
interface PassedStep {
  step: StepName;
  elapsedMs: number;
  result: string;
}

/** Runs one step and returns the result of `run`; `say` describes that result in a few words. Rejects with StepFailed. */
export type Take = <Result>(
  step: StepName,
  run: () => Promise<Result>,
  say: (result: Result) => string,
) => Promise<Result>;

/** Makes a function that runs steps. When `signal` is aborted, the current step fails. `now` is in milliseconds. */
export function stepTaker(options: {
  onPassed: (passed: PassedStep) => void;
  now: () => number;
  signal?: AbortSignal;
}): Take {
  const { onPassed, now, signal } = options;
  return async (step, run, say) => {
    const startedAt = now();
    const elapsedMs = () => Math.round(now() - startedAt);
    try {
      const result = await unlessAborted(run(), signal);
      onPassed({ step, elapsedMs: elapsedMs(), result: say(result) });
      return result;
    } catch (error) {
      throw new StepFailed(step, elapsedMs(), error instanceof Error ? error.message : String(error));
    }
  };
}

function unlessAborted<Result>(work: Promise<Result>, signal: AbortSignal | undefined): Promise<Result> {
  if (signal === undefined) return work;
  return new Promise((resolve, reject) => {
    const abort = () => reject(new Error('expected all steps to end within the time limit'));
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}
