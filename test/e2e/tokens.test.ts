import { decodeProtectedHeader, generateKeyPair, type JWTPayload, SignJWT, UnsecuredJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { joinRoom, request } from '../support/room-client.ts';
import { type LocalEmulator, startLocal } from '../support/start-local.ts';
import { connect } from '../support/test-client.ts';

const SECRET = 'the secret of the REST API on port 4000';

const inAnHour = () => Math.floor(Date.now() / 1000) + 3_600;
const hs256 = (claims: JWTPayload, secret = SECRET) =>
  new SignJWT(claims).setProtectedHeader({ alg: 'HS256' }).sign(new TextEncoder().encode(secret));

async function auth(emulator: LocalEmulator, token: string) {
  const client = await connect(emulator.endpoint);
  const answer = await request(client, 'auth', { token });
  if (answer.type === 'error') expect(await client.closed).toMatchObject({ code: 1000 });
  else await client.close();
  return answer;
}

const refused = { type: 'error', data: { code: 'auth_failed', requestType: 'auth' } };

describe('the development issuer, without any setting', () => {
  let emulator: LocalEmulator;
  beforeAll(async () => {
    emulator = await startLocal();
  });
  afterAll(() => emulator.stop());

  it('the emulator accepts the tokens of its development issuer, and publishes the key', async () => {
    const answer = await auth(emulator, await emulator.token('alice'));
    expect(answer).toMatchObject({ type: 'auth_success', data: { userId: 'alice' } });
    const jwks = await (await fetch(`${emulator.endpoint}/.well-known/jwks.json`)).json();
    expect(jwks).toMatchObject({ keys: [{ kid: expect.any(String), use: 'sig' }] });
  });

  it.each<[string, () => Promise<string>]>([
    ['a token of the shared-secret mode', () => hs256({ sub: 'alice', exp: inAnHour() })],
    ['alg none', async () => new UnsecuredJWT({ sub: 'alice', exp: inAnHour() }).encode()],
    ['an expired token', () => emulator.token('alice', { expiresIn: -1 })],
    ['another issuer', () => emulator.token('alice', { claims: { iss: 'https://elsewhere.example' } })],
    ['another audience', () => emulator.token('alice', { claims: { aud: 'another-game' } })],
    ['a token that is not valid yet', () => emulator.token('alice', { claims: { nbf: inAnHour() } })],
    [
      'an unknown key',
      async () => {
        const { privateKey } = await generateKeyPair('ES256');
        const claims = { sub: 'alice', iss: 'trade-room-local', aud: 'trade-room', exp: inAnHour() };
        return new SignJWT(claims).setProtectedHeader({ alg: 'ES256', kid: 'other' }).sign(privateKey);
      },
    ],
    [
      'a key that only says it is the right one',
      async () => {
        const { privateKey } = await generateKeyPair('ES256');
        const claims = { sub: 'alice', iss: 'trade-room-local', aud: 'trade-room', exp: inAnHour() };
        const { kid = '' } = decodeProtectedHeader(await emulator.token('alice'));
        return new SignJWT(claims).setProtectedHeader({ alg: 'ES256', kid }).sign(privateKey);
      },
    ],
    ['no JWT at all', async () => 'alice'],
  ])('the emulator refuses a development token that is wrong: %s', async (_, token) => {
    expect(await auth(emulator, await token())).toMatchObject(refused);
  });

  it('the emulator prints no token and no claim', async () => {
    const token = await emulator.token('alice', {
      claims: { aud: 'another-game', secretClaim: 'do-not-print' },
    });
    await auth(emulator, token);
    const [header, payload, signature] = token.split('.');
    for (const part of [token, payload, signature, 'do-not-print', 'another-game']) {
      expect(emulator.output()).not.toContain(part);
    }
    expect(header).toBeDefined();
    expect(emulator.output()).toContain('reason="wrong audience"');
  });
});

describe('JWT_SECRET=… npm start', () => {
  let emulator: LocalEmulator;
  beforeAll(async () => {
    emulator = await startLocal({ JWT_SECRET: SECRET, JWT_USER_ID_CLAIM: 'id' });
  });
  afterAll(() => emulator.stop());

  it('with JWT_SECRET the emulator accepts tokens of the REST API whose user id is a number in another claim', async () => {
    const answer = await auth(emulator, await hs256({ id: 7, exp: inAnHour() }));
    expect(answer).toMatchObject({ type: 'auth_success', data: { userId: '7' } });
  });

  it('with JWT_SECRET the emulator accepts its own development tokens', async () => {
    expect(await auth(emulator, await emulator.token('alice'))).toMatchObject({ data: { userId: 'alice' } });
  });

  it.each<[string, () => Promise<string>]>([
    ['another secret', () => hs256({ id: 7, exp: inAnHour() }, 'another secret')],
    ['alg none', async () => new UnsecuredJWT({ id: 7, exp: inAnHour() }).encode()],
    ['no exp', () => hs256({ id: 7 })],
    ['an expired token', () => hs256({ id: 7, exp: inAnHour() - 7_200 })],
    ['a token that is not valid yet', () => hs256({ id: 7, exp: inAnHour(), nbf: inAnHour() - 60 })],
    ['no user id', () => hs256({ sub: 'alice', exp: inAnHour() })],
    [
      'a token of the JWKS mode',
      async () => {
        const { privateKey } = await generateKeyPair('ES256');
        return new SignJWT({ id: 7, exp: inAnHour() }).setProtectedHeader({ alg: 'ES256' }).sign(privateKey);
      },
    ],
  ])('with JWT_SECRET the emulator refuses a token that is wrong: %s', async (_, token) => {
    expect(await auth(emulator, await token())).toMatchObject(refused);
  });
});

describe('JWT_ISSUER and JWT_AUDIENCE', () => {
  it('with JWT_ISSUER and JWT_AUDIENCE the emulator refuses tokens of another issuer or for another audience', async () => {
    const emulator = await startLocal({ JWT_SECRET: SECRET, JWT_ISSUER: 'rest', JWT_AUDIENCE: 'rooms' });
    const claims = { sub: 'alice', exp: inAnHour() };
    expect(await auth(emulator, await hs256({ ...claims, iss: 'rest', aud: 'rooms' }))).toMatchObject({
      type: 'auth_success',
    });
    expect(await auth(emulator, await hs256({ ...claims, iss: 'other', aud: 'rooms' }))).toMatchObject(
      refused,
    );
    expect(await auth(emulator, await hs256({ ...claims, iss: 'rest', aud: 'other' }))).toMatchObject(
      refused,
    );
    expect(await auth(emulator, await hs256(claims))).toMatchObject(refused);
    await emulator.stop();
  });
});

describe('ROOM_ACCESS=claim', () => {
  let emulator: LocalEmulator;
  beforeAll(async () => {
    emulator = await startLocal({ ROOM_ACCESS: 'claim', AUTH_DEADLINE_SECONDS: '1' });
  });
  afterAll(() => emulator.stop());

  it('with ROOM_ACCESS=claim a user may join the rooms that the token names, and no other', async () => {
    const token = await emulator.token('alice', { claims: { rooms: ['42', 7] } });
    const client = await joinRoom(emulator.endpoint, token, 42, '7');
    expect(client.frames.filter((frame) => frame.includes('room_subscribed'))).toHaveLength(2);
    client.send({ type: 'subscribe_room', data: { bullPenId: 8 }, id: 'x' });
    expect(await client.next()).toEqual({
      type: 'error',
      data: {
        code: 'forbidden_room',
        message: expect.any(String),
        requestType: 'subscribe_room',
        bullPenId: 8,
      },
      id: 'x',
    });
    await client.close();
  });

  it('a subscription before auth to a forbidden room is refused as soon as auth has succeeded', async () => {
    const client = await connect(emulator.endpoint);
    client.send({ type: 'subscribe_room', data: { roomId: 'secret' }, id: 1 });
    expect(await client.next()).toMatchObject({ type: 'subscribe_pending' });
    client.send({ type: 'auth', data: { token: await emulator.token('alice', { claims: { rooms: [] } }) } });
    const frames = [await client.next(), await client.next()];
    expect(frames).toContainEqual(expect.objectContaining({ type: 'auth_success' }));
    expect(frames).toContainEqual(
      expect.objectContaining({
        type: 'error',
        id: 1,
        data: expect.objectContaining({ code: 'forbidden_room' }),
      }),
    );
    await client.close();
  });

  it('a connection that does not authenticate within the deadline is told why and closed', async () => {
    const stranger = await connect(emulator.endpoint);
    const member = await joinRoom(
      emulator.endpoint,
      await emulator.token('alice', { claims: { rooms: '*' } }),
      'any',
    );
    expect(await stranger.next()).toMatchObject({ type: 'error', data: { code: 'auth_timeout' } });
    expect(await stranger.closed).toMatchObject({ code: 1000 });
    expect(await request(member, 'ping', {})).toMatchObject({ type: 'pong' });
    await member.close();
  });
});
