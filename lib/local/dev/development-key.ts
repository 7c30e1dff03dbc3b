import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  randomUUID,
} from 'node:crypto';
import { linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { calculateJwkThumbprint, type JWK } from 'jose';

/** Signs development tokens (ES256). */
export interface DevelopmentKey {
  privateKey: KeyObject;
  /** For those who verify, with a `kid` that is of this key alone. */
  publicJwk: JWK & { kid: string; alg: 'ES256'; use: 'sig' };
}

const FILE = 'development-key.pem';
/** Of its owner alone: a page or a program of anybody else could sign tokens with it. */
const OWNER_ONLY = { folder: 0o700, file: 0o600 };

/**
 * The key of this user on this machine, made at the first start: all emulators that she runs agree on it, so tokens survive a
 * restart. It lies in no repository: whoever reads one could otherwise sign what every emulator accepts. Where it cannot be kept
 * a key is made for this run alone, and a line says so.
 */
export async function keptDevelopmentKey(options: {
  /** The name of its folder in the user's cache. */
  application: string;
  environment: NodeJS.ProcessEnv;
  print: (line: string) => void;
}): Promise<DevelopmentKey> {
  try {
    const folder = cacheFolder(options.application, options.environment);
    const file = join(folder, FILE);
    return await keyOf(storedKey(folder, file), file);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    options.print(
      `tokens: the development key is not kept, so tokens are valid until this emulator stops: ${reason}. XDG_CACHE_HOME names another folder for it`,
    );
    return passingDevelopmentKey();
  }
}

/** A key of this process alone, which nothing is written of. */
export function passingDevelopmentKey(): Promise<DevelopmentKey> {
  return keyOf(newKey(), 'the new key');
}

/**
 * The folder of an application in the user's cache.
 * https://specifications.freedesktop.org/basedir-spec/latest/
 */
function cacheFolder(application: string, environment: NodeJS.ProcessEnv): string {
  const configured = environment['XDG_CACHE_HOME'] ?? '';
  return join(isAbsolute(configured) ? configured : join(homedir(), '.cache'), application);
}

function newKey(): string {
  return generateKeyPairSync('ec', {
    namedCurve: 'P-256',
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  }).privateKey;
}

/** Of several emulators that start at once the first one to link its key under the name wins, and all read that one. */
function storedKey(folder: string, file: string): string {
  const found = readIfThere(file);
  if (found !== undefined) return found;
  mkdirSync(folder, { recursive: true, mode: OWNER_ONLY.folder });
  const own = `${file}.${randomUUID()}`;
  try {
    writeFileSync(own, newKey(), { mode: OWNER_ONLY.file, flag: 'wx' });
    linkSync(own, file);
  } catch (error) {
    if (!isCode(error, 'EEXIST')) throw error;
  } finally {
    rmSync(own, { force: true });
  }
  return readFileSync(file, 'utf8');
}

function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (isCode(error, 'ENOENT')) return undefined;
    throw error;
  }
}

function isCode(error: unknown, code: string): boolean {
  return (error as NodeJS.ErrnoException).code === code;
}

async function keyOf(pem: string, name: string): Promise<DevelopmentKey> {
  const privateKey = privateKeyOf(pem, name);
  const { kty, crv, x, y } = createPublicKey(privateKey).export({ format: 'jwk' });
  if (kty !== 'EC' || crv !== 'P-256' || x === undefined || y === undefined) throw noKey(name);
  const jwk = { kty, crv, x, y };
  return {
    privateKey,
    publicJwk: { ...jwk, kid: await calculateJwkThumbprint(jwk), alg: 'ES256', use: 'sig' },
  };
}

function privateKeyOf(pem: string, name: string): KeyObject {
  try {
    return createPrivateKey(pem);
  } catch (cause) {
    throw noKey(name, cause);
  }
}

function noKey(name: string, cause?: unknown): Error {
  return new Error(`${name} holds no private key of the curve P-256; delete it, and a new one is made`, {
    cause,
  });
}
