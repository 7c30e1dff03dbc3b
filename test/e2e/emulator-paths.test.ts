import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { joinRoom } from '../support/room-client.ts';
import { type LocalEmulator, startLocal } from '../support/start-local.ts';

let emulator: LocalEmulator;
beforeAll(async () => {
  emulator = await startLocal({}, ['--demo']);
});
afterAll(() => emulator.stop());

interface Listed {
  connectionId: string;
  userId?: string;
}

const post = (path: string) => fetch(`${emulator.endpoint}${path}`, { method: 'POST' });

describe('npm run demo', () => {
  it('has a market in room demo, and says where to look', async () => {
    expect(emulator.output()).toContain(`${emulator.endpoint}/?room=demo`);
    const client = await joinRoom(emulator.endpoint, await emulator.token('alice'), 'demo');
    await client.nextOf('leaderboard_update');
    await client.close();
  });

  it('gives a browser the page, with all that it needs from the same origin', async () => {
    const page = await fetch(emulator.endpoint, { headers: { accept: 'text/html' } });
    const html = await page.text();
    expect(page.headers.get('content-security-policy')).toContain("default-src 'self'");
    for (const path of ['/monitor.js', '/monitor.css']) {
      expect(html).toContain(`"${path}"`);
      expect((await fetch(`${emulator.endpoint}${path}`)).status).toBe(200);
    }
  });

  it('expires the token of a connection: its room tells it, and the connection is closed', async () => {
    const client = await joinRoom(emulator.endpoint, await emulator.token('bob'), 'demo');
    const listed = (await (await fetch(`${emulator.endpoint}/dev/connections`)).json()) as Listed[];
    const { connectionId = '' } = listed.find(({ userId }) => userId === 'bob') ?? {};
    const answer = await post(`/dev/connections/${encodeURIComponent(connectionId)}/expire-token`);
    expect(answer.status).toBe(204);
    expect((await client.nextOf('error')).data).toMatchObject({ code: 'token_expired' });
    expect(await client.closed).toMatchObject({ code: 1000 });
  });

  it('ends without a word when it is told to', async () => {
    const { code, stderr } = await emulator.stop();
    expect([code, stderr]).toEqual([0, '']);
    expect(emulator.output()).toMatch(/Stopped\.\n$/);
  });
});
