import { expect, it } from 'vitest';
import { spawnScript } from '../support/start-local.ts';
import { benches } from './benches.ts';

it('npm run bench names its benches when it is given an unknown one', async () => {
  const { code, stdout, stderr } = await spawnScript('test/bench/run.ts', ['nope']).ended;
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  expect(stderr).toBe(`There is no bench nope; there are ${Object.keys(benches).join(', ')}.\n`);
});
