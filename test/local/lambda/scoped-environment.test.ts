import { expect, test } from 'vitest';
import { runWithEnvironment } from '../../../lib/local/lambda/function-environment.ts';

test('is exactly what was given, also behind promises and timers', async () => {
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

test('keeps concurrent runs apart', async () => {
  const read = (name: string) =>
    runWithEnvironment({ NAME: name }, async () => {
      await null;
      return process.env['NAME'];
    });
  expect(await Promise.all(['a', 'b', 'c'].map(read))).toEqual(['a', 'b', 'c']);
});

test('keeps what a run sets to that environment', async () => {
  const environment = {};
  await runWithEnvironment(environment, async () => {
    process.env['COUNT'] = 7 as unknown as string;
    process.env['GONE'] = 'x';
    delete process.env['GONE'];
  });
  expect(environment).toEqual({ COUNT: '7' });
  expect(process.env['COUNT']).toBeUndefined();
});

test('leaves the environment of the process writable outside of a run', () => {
  runWithEnvironment({}, () => undefined);
  process.env['WRITTEN'] = 'x';
  expect(process.env['WRITTEN']).toBe('x');
  delete process.env['WRITTEN'];
  expect('WRITTEN' in process.env).toBe(false);
});
