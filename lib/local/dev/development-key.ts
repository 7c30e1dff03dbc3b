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
  /** The key for verification, with a `kid` that identifies it. */
  publicJwk: JWK & { kid: string; alg: 'ES256'; use: 'sig' };
}

const FILE = 'development-key.pem';
/** Readable by its owner only, because any program that reads the key can sign tokens. */
const OWNER_ONLY = { folder: 0o700, file: 0o600 };

/**
 * The key of this user on this machine. The first start makes it, and every later start uses it, so that tokens stay valid
 * after a restart. It is not in the repository: a key there would let every reader sign tokens for every emulator. If the key
 * cannot be stored, a new key is made for this run only, and a printed line says so.
 */
export async function keptDevelopmentKey(options: {
  /** The name of the folder in the user's cache. */
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

/** A new key for this process only, which is not stored. */
export function passingDevelopmentKey(): Promise<DevelopmentKey> {
  return keyOf(newKey(), 'the new key');
}

/**
 * The folder of an application in the user's cache.
 * https://specifications.freedesktop.org/basedir-spec/latest/
 */
function cacheFolder(application: string, environment: NodeJS.ProcessEnv): string {
  const configured = environment['XDG_CACHE_HOME'] ?? '';
  const cache = isAbsolute(configured) ? configured : join(homedir(), '.cache');
  // `HOME` may be empty. A relative folder would be in the checkout, from which the key could be published.
  if (!isAbsolute(cache)) throw new Error('HOME is not an absolute path');
  return join(cache, application);
}

function newKey(): string {
  return generateKeyPairSync('ec', {
    namedCurve: 'P-256',
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  }).privateKey;
}

/** If several emulators start at once, the first to link its key under the file name wins, and all read that key. */
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
