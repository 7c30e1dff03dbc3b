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
  it('npm run demo trades in room demo, and says on which page to watch it', async () => {
    expect(emulator.output()).toContain(`${emulator.endpoint}/?room=demo`);
    const client = await joinRoom(emulator.endpoint, await emulator.token('alice'), 'demo');
    await client.nextOf('leaderboard_update');
    await client.close();
  });

  it('the emulator serves the page of the monitor with its script and style from one origin', async () => {
    const page = await fetch(emulator.endpoint, { headers: { accept: 'text/html' } });
    const html = await page.text();
    expect(page.headers.get('content-security-policy')).toContain("default-src 'self'");
    for (const path of ['/monitor.js', '/monitor.css']) {
      expect(html).toContain(`"${path}"`);
      expect((await fetch(`${emulator.endpoint}${path}`)).status).toBe(200);
    }
  });

  it('a connection whose token a developer expires is told so at the next event of its room and closed', async () => {
    const client = await joinRoom(emulator.endpoint, await emulator.token('bob'), 'demo');
    const listed = (await (await fetch(`${emulator.endpoint}/dev/connections`)).json()) as Listed[];
    const { connectionId = '' } = listed.find(({ userId }) => userId === 'bob') ?? {};
    const answer = await post(`/dev/connections/${encodeURIComponent(connectionId)}/expire-token`);
    expect(answer.status).toBe(204);
    expect((await client.nextOf('error')).data).toMatchObject({ code: 'token_expired' });
    expect(await client.closed).toMatchObject({ code: 1000 });
  });

  it('npm run demo stops its market and the emulator without an error', async () => {
    const { code, stderr } = await emulator.stop();
    expect([code, stderr]).toEqual([0, '']);
    expect(emulator.output()).toMatch(/Stopped\.\n$/);
  });
});
