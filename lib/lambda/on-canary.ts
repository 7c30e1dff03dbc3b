import { StepFailed, stepTaker } from '../canary/steps.ts';
import type { Tokens } from '../canary/tokens.ts';
import { type BusTarget, goThroughBus, goThroughStage, type LogTarget } from '../canary/way.ts';
import type { Log } from '../core/log.ts';
import type { Clock } from '../core/ports.ts';

export interface CanaryDeps extends Omit<BusTarget, 'runId'>, Omit<LogTarget, keyof BusTarget> {
  /** `wss://…`, as clients connect. */
  url: string;
  /** Undefined where there are none: then the canary starts at the bus. */
  tokens: Tokens | undefined;
  newId: () => string;
  clock: Clock;
  /** Milliseconds for all steps together: less than the function has. */
  timeLimitMs: number;
  /** Counts a run in which every step has passed. Its absence is the alarm. */
  countPassed: (milliseconds: number) => void;
  log: Log;
}

/**
 * The canary's handler: goes through the stage as a client does. Never throws, as Lambda would only run it again: a run
 * that failed is one that counts nothing, and has logged in which step.
 */
export function onCanary(deps: CanaryDeps): () => Promise<void> {
  const { tokens, clock, log } = deps;
  const way = tokens === undefined ? 'bus' : 'stage';
  return async () => {
    const runId = deps.newId();
    const ids = { way, runId, roomId: deps.room };
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
  if (tokens === undefined) return goThroughBus({ ...deps, runId }, take);
  const token = await take('token', tokens.get, () => 'given');
  return goThroughStage({ ...deps, runId, token, signal }, take);
}
