import { afterEach, expect, it } from 'vitest';
import { startToy, type Toy } from '../toy-stack.ts';

let toy: Toy;
afterEach(() => toy.close());

async function printedBy(write: () => void): Promise<string[]> {
  toy = await startToy({ handlers: { talk: async () => write() }, routes: {} });
  await toy.invoke('talk', {});
  return toy.printed;
}

it('what a function writes is shown with the name of the function, a line each', async () => {
  const print = () => process.stdout.write('one\ntwo\n');
  expect(await printedBy(print)).toEqual(['talk: one\ntalk: two']);
});

it('what a function writes as a structured log is shown as a person reads it, with the stack trace of an error', async () => {
  const error = {
    name: 'TypeError',
    message: 'no',
    stack: 'TypeError: no\n    at subscribe (change-room.ts:1:2)',
  };
  const entry = {
    level: 'ERROR',
    message: 'failed',
    timestamp: 'now',
    service: 's',
    roomId: '4 2',
    count: 1,
    error,
  };
  const print = () => process.stderr.write(`${JSON.stringify(entry)}\n`);
  expect(await printedBy(print)).toEqual([
    'talk: ERROR failed roomId="4 2" count=1\nTypeError: no\n    at subscribe (change-room.ts:1:2)',
  ]);
});
