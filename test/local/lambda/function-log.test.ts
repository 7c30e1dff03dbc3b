import { afterEach, describe, expect, it } from 'vitest';
import { createFunctionLog } from '../../../lib/local/lambda/function-log.ts';
import { manualTime } from '../../support/manual-time.ts';
import { startToy, type Toy } from '../toy-stack.ts';

const START = 1_790_000_000_000;

const filled = (count: number, textOf = (index: number) => JSON.stringify({ line: String(index) })) => {
  const time = manualTime(START);
  const log = createFunctionLog(time);
  for (let index = 1; index <= count; index += 1) {
    log.add({ functionName: 'talk', requestId: 'r', text: textOf(index) });
  }
  return log;
};
const everything = { from: 0, to: Number.MAX_SAFE_INTEGER, where: {} };

it('the log of the functions keeps the last 20,000 lines', () => {
  const log = filled(20_001);
  expect(log.find({ ...everything, where: { line: ['1'] } }).lines).toEqual([]);
  expect(log.find({ ...everything, where: { line: ['2', '20001'] } }).lines).toHaveLength(2);
});

it('the log of the functions finds the first 10,000 lines, and says that there are more', () => {
  const { lines, more } = filled(10_001).find(everything);
  expect([lines.length, lines[0]?.text, more]).toEqual([10_000, '{"line":"1"}', true]);
  expect(filled(10_000).find(everything).more).toBe(false);
});

it('the log of the functions finds lines that have one of the values in every field that is asked for', () => {
  const texts = [
    '{"user":"7","room":"42"}',
    '{"user":"42","room":"7"}',
    '{"user":7,"room":"42"}',
    '{"user":"8","rooms":["7","9"]}',
    '{"note":"\\"user\\":\\"7\\""}',
    'user 7',
    '"user"',
    'null "user"',
  ];
  const log = filled(texts.length, (index) => texts[index - 1] ?? '');
  const found = (where: Record<string, string[]>) =>
    log.find({ ...everything, where }).lines.map(({ text }) => text);
  expect(found({ user: ['7'] })).toEqual([texts[0], texts[2]]);
  expect(found({ user: ['7', '42'] })).toEqual(texts.slice(0, 3));
  expect(found({ user: ['7', '42'], room: ['42'] })).toEqual([texts[0], texts[2]]);
  expect(found({ rooms: ['9'] })).toEqual([texts[3]]);
  expect(found({ toString: ['7'] })).toEqual([]);
});

it('the log of the functions finds lines within the time, both ends included', () => {
  const count = (span: object) => filled(12).find({ ...everything, ...span }).lines.length;
  expect([count({ from: START + 1 }), count({ to: START - 1 })]).toEqual([0, 0]);
  expect(count({ from: START, to: START })).toBe(12);
});

describe('/dev/logs of the emulator', () => {
  let toy: Toy;
  afterEach(() => toy.close());
  const debug = JSON.stringify({ level: 'DEBUG', message: 'only_kept', roomId: '42' });
  const info = JSON.stringify({ level: 'INFO', message: 'shown', roomId: '42' });

  async function startTalking(options: object = {}): Promise<void> {
    const talk = async () => process.stdout.write(`${debug}\n${info}\nplain 42\n`);
    toy = await startToy({ handlers: { talk }, routes: {}, ...options });
    await toy.invoke('talk', {});
  }
  const ask = async (query: string, init: RequestInit = {}) => {
    const answer = await fetch(`${toy.endpoint}/dev/logs${query}`, init);
    return { status: answer.status, body: (await answer.json()) as { lines: { text: string }[] } };
  };

  it('/dev/logs has every line as the function wrote it, also those of the level DEBUG, which are not printed', async () => {
    await startTalking();
    const { body } = await ask('');
    const of = { functionName: 'talk', requestId: expect.any(String), time: expect.any(Number) };
    expect(body).toEqual({
      lines: [debug, info, 'plain 42'].map((text) => ({ ...of, text })),
      more: false,
    });
    expect(toy.printed).toEqual(['talk: INFO shown roomId=42\ntalk: plain 42']);
  });

  it('the emulator prints the log lines that the application wants to see', async () => {
    await startTalking({ isShown: ({ message }: { message: string }) => message === 'only_kept' });
    expect(toy.printed).toEqual(['talk: DEBUG only_kept roomId=42\ntalk: plain 42']);
  });

  it('/dev/logs takes conditions and a span of time', async () => {
    await startTalking();
    expect(
      (await ask('?where=roomId:42&where=message:shown&where=message:a%3Ab')).body.lines.map(
        ({ text }) => text,
      ),
    ).toEqual([info]);
    expect((await ask(`?from=${Date.now() + 60_000}`)).body.lines).toEqual([]);
    expect((await ask('?from=yesterday')).body).toEqual({
      error: 'from and to: expected epoch milliseconds.',
    });
  });

  it('/dev/logs answers this machine only, and can only be read', async () => {
    await startTalking();
    expect((await ask('', { method: 'POST' })).status).toBe(405);
  });
});
