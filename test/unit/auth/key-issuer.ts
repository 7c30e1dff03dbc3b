import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { exportJWK, generateKeyPair, type JWK, SignJWT } from 'jose';
import { AUDIENCE } from './token-modes.ts';

export interface IssuerKey {
  jwk: JWK;
  /** A token of alice, with this key's id. */
  token(kid?: string): Promise<string>;
}

/** An issuer on https, whose certificate nobody has signed: set NODE_TLS_REJECT_UNAUTHORIZED to 0. */
export interface KeyIssuer {
  url: string;
  newKey(kid: string): Promise<IssuerKey>;
  /** Its keys from now on; undefined: it answers 503. */
  publish(keys: IssuerKey[] | undefined): void;
  /** How often its keys were asked for. */
  readonly asked: number;
  stop(): Promise<void>;
}

export async function startKeyIssuer(): Promise<KeyIssuer> {
  let published: IssuerKey[] | undefined = [];
  let asked = 0;
  const server = createServer(certificate(), (_request, response) => {
    asked += 1;
    if (published === undefined) response.writeHead(503).end();
    else response.end(JSON.stringify({ keys: published.map(({ jwk }) => jwk) }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url,
    async newKey(keyId) {
      const { publicKey, privateKey } = await generateKeyPair('ES256');
      return {
        jwk: { ...(await exportJWK(publicKey)), kid: keyId, alg: 'ES256', use: 'sig' },
        token: (kid = keyId) =>
          new SignJWT({ sub: 'alice' })
            .setProtectedHeader({ alg: 'ES256', kid })
            .setIssuer(url)
            .setAudience(AUDIENCE)
            .setIssuedAt()
            .setExpirationTime('1h')
            .sign(privateKey),
      };
    },
    publish(keys) {
      published = keys;
    },
    get asked() {
      return asked;
    },
    stop: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

/** Node makes keys, but no certificates. */
function certificate(): { key: Buffer; cert: Buffer } {
  const folder = mkdtempSync(join(tmpdir(), 'key-issuer-'));
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
  const request = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  const about = ['-days', '1', '-subj', '/CN=127.0.0.1', '-keyout', key, '-out', cert];
  execFileSync('openssl', [...request, ...about], { stdio: 'ignore' });
  const made = { key: readFileSync(key), cert: readFileSync(cert) };
  rmSync(folder, { recursive: true });
  return made;
}
