import type { PostOutcome } from '../../lib/core/ports.ts';
import type { World } from './world.ts';

type AsyncFunction = (...parameters: never[]) => Promise<unknown>;

export type Invoked<Result> =
  | { outcome: 'returned'; value: Result }
  | { outcome: 'threw' | 'crashed' | 'refused'; error: unknown };

/** One run of a Lambda function. A crash ends it at a call to a port; calls that it had sent still arrive. */
export interface Invocation {
  /** A port whose calls take time, and may be refused, or be done twice, as those of a database. */
  database<Port extends object>(port: Port): Port;
  /** One call to SQS. */
  queue<Result>(run: () => Promise<Result>): Promise<Result>;
  /** One call to `@connections`. `land` is what it does when it arrives. */
  gateway(land: () => PostOutcome): Promise<PostOutcome>;
  /** The sleep of a function. It does not return after a crash. */
  sleep(milliseconds: number): Promise<void>;
}

/** What a function that has crashed waits for. */
const never = () => new Promise<never>(() => undefined);

export function invoke<Result>(
  world: World,
  name: string,
  run: (invocation: Invocation) => Promise<Result>,
): Promise<Invoked<Result>> {
  return new Promise((resolve) => {
    let isDead = false;
    const die = (call: string) => {
      isDead = true;
      world.hasCrashed = true;
      world.note(`${name} crashed at ${call}`);
      resolve({ outcome: 'crashed', error: new Error(`${name} crashed at ${call}`) });
    };

    const orNever = <Answer>(answer: Answer): Answer | Promise<never> => (isDead ? never() : answer);

    /** Sends a call and waits for its answer. The function may crash before it, or while it waits. */
    async function call<Answer>(label: string, land: () => Promise<Answer>): Promise<Answer> {
      if (isDead) return never();
      const isFatal = world.chance(world.faults.crash);
      const isSent = !isFatal || world.chance(0.5);
      const landed = isSent ? world.delay(latency(world)).then(land) : never();
      if (!isFatal) return landed.then(orNever, (error) => (isDead ? never() : Promise.reject(error)));
      // A function that has crashed does not see the answer.
      landed.catch(() => undefined);
      die(label);
      return never();
    }

    const repeated =
      <Answer>(land: () => Promise<Answer>) =>
      async () => {
        const answer = await land();
        return world.chance(world.faults.lostAnswer) ? land() : answer;
      };

    const isThrottled = () => world.chance(world.faults.throttle);
    const throttled = (label: string) =>
      call(label, async () => {
        throw new Error(`${label} was throttled`);
      });

    const invocation: Invocation = {
      database: <Port extends object>(port: Port) => {
        const gated = ([label, method]: [string, unknown]) => [
          label,
          (...parameters: never[]) => {
            if (isThrottled() || world.time.now() < world.outageUntil) return throttled(label);
            return call(
              label,
              repeated(() => (method as AsyncFunction)(...parameters)),
            );
          },
        ];
        return Object.fromEntries(Object.entries(port).map(gated)) as Port;
      },
      queue: (land) => (isThrottled() ? throttled('SQS') : call('SQS', repeated(land))),
      gateway: (land) => call('@connections', () => post(world, land)),
      async sleep(milliseconds) {
        await world.delay(milliseconds);
        if (isDead) await never();
      },
    };
    run(invocation).then(
      (value) => resolve({ outcome: 'returned', value }),
      (error) => resolve({ outcome: 'threw', error }),
    );
  });
}

function latency(world: World): number {
  const { latency: usual, slow, frozen } = world.faults;
  if (world.chance(frozen)) {
    // Longer than the visibility time-out: another function gets the message, as after a crash.
    world.hasCrashed = true;
    return world.between(170_000, 200_000);
  }
  return world.chance(slow) ? world.between(100, 1_500) : world.between(1, Math.max(2, usual));
}

/** What API Gateway does with a call, and how it answers. */
async function post(world: World, land: () => PostOutcome): Promise<PostOutcome> {
  const { postThrottled, postUnavailable, postTimedOut, postRepeated } = world.faults;
  if (world.chance(postThrottled)) return 'throttled';
  if (world.chance(postUnavailable)) {
    if (world.chance(0.5)) land();
    return 'unavailable';
  }
  if (world.chance(postRepeated)) {
    world.hasRepeated = true;
    landLater(world, land);
    await world.delay(500);
    return land();
  }
  if (!world.chance(postTimedOut)) return land();
  landLater(world, land);
  await world.delay(2_000);
  return 'timed_out';
}

function landLater(world: World, land: () => PostOutcome): void {
  const after = world.pick([0, 1_000, 10_000, Number.POSITIVE_INFINITY]);
  if (after < Number.POSITIVE_INFINITY) void world.delay(after).then(land);
}
