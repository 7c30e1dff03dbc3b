import { expect, it } from 'vitest';
import { spawnScript } from '../support/start-local.ts';
import { benches } from './benches.ts';

it('npm run bench says what there is to measure where a name is unknown', async () => {
  const { code, stdout, stderr } = await spawnScript('test/bench/run.ts', ['nope']).ended;
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  expect(stderr).toBe(`There is no bench nope; there are ${Object.keys(benches).join(', ')}.\n`);
});
