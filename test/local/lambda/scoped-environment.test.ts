import { expect, test } from 'vitest';
import { runWithEnvironment } from '../../../lib/local/lambda/function-environment.ts';

test('the environment of a function is exactly what was given, also behind promises and timers', async () => {
  process.env['OF_THE_SHELL'] = 'yes';
  await runWithEnvironment({ OWN: 'own' }, async () => {
    await new Promise((resolve) => setTimeout(resolve, 1));
    expect({ ...process.env }).toEqual({ OWN: 'own' });
    expect('OF_THE_SHELL' in process.env).toBe(false);
    expect(process.env['HOME']).toBeUndefined();
  });
  expect(process.env['OF_THE_SHELL']).toBe('yes');
  delete process.env['OF_THE_SHELL'];
});

test('environments of functions that run at the same time are kept apart', async () => {
  const read = (name: string) =>
    runWithEnvironment({ NAME: name }, async () => {
      await null;
      return process.env['NAME'];
    });
  expect(await Promise.all(['a', 'b', 'c'].map(read))).toEqual(['a', 'b', 'c']);
});

test('a variable that a function sets stays in its own environment', async () => {
  const environment = {};
  await runWithEnvironment(environment, async () => {
    process.env['COUNT'] = 7 as unknown as string;
    process.env['GONE'] = 'x';
    delete process.env['GONE'];
  });
  expect(environment).toEqual({ COUNT: '7' });
  expect(process.env['COUNT']).toBeUndefined();
});

test('the environment of the process can be written outside of a function', () => {
  runWithEnvironment({}, () => undefined);
  process.env['WRITTEN'] = 'x';
  expect(process.env['WRITTEN']).toBe('x');
  delete process.env['WRITTEN'];
  expect('WRITTEN' in process.env).toBe(false);
});
