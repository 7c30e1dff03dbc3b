import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';

interface CallersOptions {
  /** The name or address on which the local emulator listens. */
  host: string;
  /** Further host names under which it answers, such as `realtime` in a network of containers. */
  allowedHosts: readonly string[];
  /** Further origins whose pages may use it, such as `https://dev.example`. */
  allowedOrigins: readonly string[];
  print: (line: string) => void;
}

/** Why a request is refused: a code for programs, and a sentence that says how to allow it. */
export interface CallerRefusal {
  code: 'HostNotAllowed' | 'OriginNotAllowed';
  message: string;
}

export interface Callers {
  /** Undefined for a request that may be served. A refusal is also printed, once for each name, because a page cannot read it. */
  refusalOf(request: IncomingMessage): CallerRefusal | undefined;
}

/** Names that always resolve to this machine. An IPv4 address may be written as an IPv6 one. `host.docker.internal` is Docker's name for the host of a container. */
const THIS_MACHINE =
  /^(?:(?:.+\.)?localhost|127(?:\.\d{1,3}){3}|\[::1\]|\[::ffff:7f[\da-f]{2}:[\da-f]{1,4}\]|host\.docker\.internal)$/;
const EVERY_INTERFACE = ['0.0.0.0', '::'];
/** The printed lines are remembered to print each only once; after this many different lines nothing more is printed. */
const MAX_PRINTED = 100;

/**
 * Refuses requests of web pages that do not belong to this machine. The local emulator has no other protection. A page may
 * rebind its own name to 127.0.0.1; then its requests carry that name as `Host`. A browser lets a page of every origin open a
 * WebSocket, so `Origin` is checked, too. A request without `Origin` does not come from a page.
 * @throws Error with a sentence, for an allowed host or origin that is not valid.
 */
export function createCallers(options: CallersOptions): Callers {
  const { host, print } = options;
  const names = new Set([...options.allowedHosts.map(allowedName), hostnameOf(bracketed(host)) ?? host]);
  const origins = new Set(options.allowedOrigins.map(allowedOrigin));
  const isOpenToNetwork = EVERY_INTERFACE.includes(host);
  const printed = new Set<string>();

  /** If it listens on every interface, the address of the request is allowed, too: a page cannot rebind an address. */
  function isAllowed(name: string | undefined, { localAddress }: Socket): boolean {
    if (name === undefined || EVERY_INTERFACE.includes(unbracketed(name))) return false;
    if (THIS_MACHINE.test(name) || names.has(name)) return true;
    return isOpenToNetwork && unbracketed(name) === localAddress?.replace(/^::ffff:/, '');
  }

  function refuse(code: CallerRefusal['code'], message: string): CallerRefusal {
    if (printed.size < MAX_PRINTED && !printed.has(message)) {
      printed.add(message);
      print(`http: ${message}`);
    }
    return { code, message };
  }

  return {
    refusalOf({ headers: { host: authority = '', origin }, socket }) {
      const name = hostnameOf(authority);
      if (!isAllowed(name, socket)) return refuse('HostNotAllowed', hostRefused(name ?? authority));
      if (origin === undefined || origins.has(origin.toLowerCase())) return undefined;
      if (isAllowed(hostnameOfOrigin(origin), socket)) return undefined;
      return refuse('OriginNotAllowed', originRefused(origin));
    },
  };
}

function hostRefused(name: string): string {
  return `Nothing is served here under the name ${quoted(name)}, because a foreign web page may use that name. Use localhost. If the name is yours, allow it: npm start -- --allow-host <name>`;
}

function originRefused(origin: string): string {
  return `Pages of ${quoted(origin)} may not use this address: only those of this machine may. If the page is yours, allow it: npm start -- --allow-origin <origin>`;
}

/** At most 100 characters of a text from a request, in quotes. */
function quoted(text: string): string {
  return JSON.stringify(text.slice(0, 100));
}

/** The host name of `name:port`, as browsers write it; undefined if it is not valid. */
function hostnameOf(authority: string): string | undefined {
  if (!/^(?:[\w.-]+|\[[\da-f:.]+\])(?::\d{0,5})?$/i.test(authority)) return undefined;
  const url = `http://${authority}`;
  return URL.canParse(url) ? new URL(url).hostname.replace(/\.$/, '') : undefined;
}

function hostnameOfOrigin(origin: string): string | undefined {
  return hostnameOf(/^https?:\/\/(.*)$/i.exec(origin)?.[1] ?? '');
}

const unbracketed = (name: string) => name.replace(/^\[(.*)\]$/, '$1');

/** As in a URL: an IPv6 address is in brackets. */
export function bracketed(host: string): string {
  return host.includes(':') && !host.startsWith('[') ? `[${host}]` : host;
}

function allowedName(name: string): string {
  const hostname = hostnameOf(name);
  if (hostname !== undefined) return hostname;
  throw new Error(`--allow-host: expected a name such as dev.example, got ${quoted(name)}`);
}

function allowedOrigin(origin: string): string {
  const written = origin.toLowerCase().replace(/\/$/, '');
  if (written === 'null' || /^[a-z][a-z\d+.-]*:\/\/[^/\s]+$/.test(written)) return written;
  throw new Error(`--allow-origin: expected an origin such as https://dev.example, got ${quoted(origin)}`);
}
