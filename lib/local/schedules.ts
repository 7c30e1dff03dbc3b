import type { Schedule } from './description.ts';
import type { Time } from './time.ts';

interface SchedulesOptions {
  schedules: readonly Schedule[];
  invokeAsynchronously(functionName: string, payload: string): void;
  time: Time;
}

/**
 * EventBridge Scheduler, with rates only: https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html.
 * A run starts even if the previous one has not ended. Returns a function that stops all schedules.
 */
export function startSchedules({ schedules, invokeAsynchronously, time }: SchedulesOptions): () => void {
  const cancels = new Map<string, () => void>();

  function plan(schedule: Schedule): void {
    const cancel = time.after(schedule.everyMinutes * 60_000, () => {
      plan(schedule);
      invokeAsynchronously(schedule.function, '{}');
    });
    cancels.set(schedule.name, cancel);
  }

  for (const schedule of schedules) plan(schedule);
  return () => {
    for (const cancel of cancels.values()) cancel();
  };
}
