import { type BusTarget, checkBus, checkStage, type LogTarget } from '../canary/check-stage.ts';
import { StepFailed, stepTaker } from '../canary/steps.ts';
import type { Tokens } from '../canary/tokens.ts';
import type { Log } from '../core/log.ts';
import type { Clock } from '../core/ports.ts';

export interface CanaryDeps extends Omit<BusTarget, 'runId'>, Omit<LogTarget, keyof BusTarget> {
  /** `wss://…`, as clients connect. */
  url: string;
  /** Undefined if the canary has no token: then it checks only the way from the bus to the log. */
  tokens: Tokens | undefined;
  newId: () => string;
  clock: Clock;
  /** Milliseconds for all steps together; less than the timeout of the function. */
  timeLimitMs: number;
  /** Counts a run in which every step passed. An alarm fires when this count is missing. */
  countPassed: (milliseconds: number) => void;
  log: Log;
}

/**
 * The handler of the canary: checks the stage as a client uses it. Never throws, because Lambda would run it again. A
 * failed run counts nothing and logs the step that failed.
 */
export function onCanary(deps: CanaryDeps): () => Promise<void> {
  const { tokens, clock, log } = deps;
  const target = tokens === undefined ? 'bus' : 'stage';
  return async () => {
    const runId = deps.newId();
    const ids = { target, runId, roomId: deps.room };
    const startedAt = clock();
    try {
      await run(deps, runId);
      const durationMs = clock() - startedAt;
      deps.countPassed(durationMs);
      log('canary_passed', { ...ids, durationMs });
    } catch (error) {
      tokens?.forget();
      const step = error instanceof StepFailed ? error.step : undefined;
      log('canary_failed', { ...ids, step, error });
    }
  };
}

async function run(deps: CanaryDeps, runId: string): Promise<void> {
  const { tokens, clock, timeLimitMs } = deps;
  const signal = AbortSignal.timeout(timeLimitMs);
  const take = stepTaker({ now: clock, onPassed: () => undefined, signal });
  if (tokens === undefined) return checkBus({ ...deps, runId }, take);
  const token = await take('token', tokens.get, () => 'given');
  return checkStage({ ...deps, runId, token, signal }, take);
}
