import { afterEach, describe, expect, it } from 'vitest';
import { createFunctionLog } from '../../../lib/local/lambda/function-log.ts';
import { manualTime } from '../../support/manual-time.ts';
import { startToy, type Toy } from '../toy-stack.ts';

const START = 1_790_000_000_000;

describe('the log of the functions', () => {
  const filled = (count: number) => {
    const time = manualTime(START);
    const log = createFunctionLog(time);
    for (let index = 1; index <= count; index += 1) {
      log.add({ functionName: 'talk', requestId: 'r', text: `line ${index}` });
    }
    return log;
  };
  const everything = { from: 0, to: Number.MAX_SAFE_INTEGER };

  it('keeps the last 20,000 lines', () => {
    const log = filled(20_001);
    expect(log.find({ ...everything, contains: ['line 1'] }).lines[0]?.text).toBe('line 10');
    expect(log.find({ ...everything, contains: ['line 20001'] }).lines).toHaveLength(1);
  });

  it('finds the first 1,000 lines, and says that there are more', () => {
    const { lines, more } = filled(1_001).find({ ...everything, contains: [] });
    expect([lines.length, lines[0]?.text, more]).toEqual([1_000, 'line 1', true]);
    expect(filled(1_000).find({ ...everything, contains: [] }).more).toBe(false);
  });

  it('finds lines that contain all of the texts, within the time', () => {
    const log = filled(12);
    const texts = (query: object) =>
      log.find({ ...everything, contains: [], ...query }).lines.map(({ text }) => text);
    expect(texts({ contains: ['line', '2'] })).toEqual(['line 2', 'line 12']);
    expect(texts({ from: START + 1 })).toEqual([]);
    expect(texts({ to: START - 1 })).toEqual([]);
    expect(texts({ from: START, to: START })).toHaveLength(12);
  });
});

describe('/dev/logs of the shim', () => {
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

  it('has every line as the function wrote it, also those of the level DEBUG, which are not printed', async () => {
    await startTalking();
    const { body } = await ask('?contains=42');
    const of = { functionName: 'talk', requestId: expect.any(String), time: expect.any(Number) };
    expect(body).toEqual({
      lines: [debug, info, 'plain 42'].map((text) => ({ ...of, text })),
      more: false,
    });
    expect(toy.printed).toEqual(['talk: INFO shown roomId=42\ntalk: plain 42']);
  });

  it('prints the lines that the application wants to see', async () => {
    await startTalking({ isShown: ({ message }: { message: string }) => message === 'only_kept' });
    expect(toy.printed).toEqual(['talk: DEBUG only_kept roomId=42\ntalk: plain 42']);
  });

  it('takes several texts and a span of time', async () => {
    await startTalking();
    expect((await ask('?contains=42&contains=shown')).body.lines.map(({ text }) => text)).toEqual([info]);
    expect((await ask(`?from=${Date.now() + 60_000}`)).body.lines).toEqual([]);
    expect((await ask('?from=yesterday')).body).toEqual({
      error: 'from and to: expected epoch milliseconds.',
    });
  });

  it('is for this machine only, and only read', async () => {
    await startTalking();
    expect((await ask('', { method: 'POST' })).status).toBe(405);
  });
});
