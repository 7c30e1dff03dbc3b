import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';

interface CallersOptions {
  /** The name or address that the emulator listens on. */
  host: string;
  /** Further names that it is called by, such as `realtime` in a network of containers. */
  allowedHosts: readonly string[];
  /** Origins of pages that are not served by this machine, such as `https://dev.example`. */
  allowedOrigins: readonly string[];
  print: (line: string) => void;
}

/** Why a request is not served: a name for programs, and a sentence with the remedy. */
export interface CallerRefusal {
  code: 'HostNotAllowed' | 'OriginNotAllowed';
  message: string;
}

export interface Callers {
  /** Undefined for a request that may be served. What is refused is printed too, once for each name: pages cannot read it. */
  refusalOf(request: IncomingMessage): CallerRefusal | undefined;
}

/** A name that leads to this machine whoever resolves it; the last one is what Docker calls the host of a container. */
const THIS_MACHINE = /^(?:(?:.+\.)?localhost|127(?:\.\d{1,3}){3}|\[::1\]|host\.docker\.internal)$/;
const EVERY_INTERFACE = ['0.0.0.0', '::'];
/** The lines that were printed are remembered; of more different names than that nobody needs to read. */
const MOST_PRINTED = 100;

/**
 * Keeps web pages out that do not belong to this machine. What is served here is not guarded otherwise, and a page may
 * rebind its own name to 127.0.0.1: then its requests carry that name as `Host`. A WebSocket is open to pages of every
 * origin, so `Origin` is looked at, too. A request without one comes from no page.
 * @throws Error with a sentence, for an allowed host or origin that is none.
 */
export function createCallers(options: CallersOptions): Callers {
  const { host, print } = options;
  const names = new Set([...options.allowedHosts.map(allowedName), hostnameOf(bracketed(host)) ?? host]);
  const origins = new Set(options.allowedOrigins.map(allowedOrigin));
  const isOpenToNetwork = EVERY_INTERFACE.includes(host);
  const printed = new Set<string>();

  /** On every interface also the address that the request has come to: no page can rebind an address. */
  function isAllowed(name: string | undefined, { localAddress }: Socket): boolean {
    if (name === undefined || EVERY_INTERFACE.includes(unbracketed(name))) return false;
    if (THIS_MACHINE.test(name) || names.has(name)) return true;
    return isOpenToNetwork && unbracketed(name) === localAddress?.replace(/^::ffff:/, '');
  }

  function refuse(code: CallerRefusal['code'], message: string): CallerRefusal {
    if (printed.size < MOST_PRINTED && !printed.has(message)) {
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
  return `Nothing is served here under the name ${quoted(name)}, which a foreign web page may have chosen. Ask for localhost. If the name is yours, allow it: npm start -- --allow-host <name>`;
}

function originRefused(origin: string): string {
  return `Pages of ${quoted(origin)} may not use this address: only those of this machine may. If the page is yours, allow it: npm start -- --allow-origin <origin>`;
}

/** Of what a stranger has sent, so much as names a thing. */
function quoted(text: string): string {
  return JSON.stringify(text.slice(0, 100));
}

/** Of `name:port`, as browsers write a name; undefined where it is none. */
function hostnameOf(authority: string): string | undefined {
  if (!/^(?:[\w.-]+|\[[\da-f:.]+\])(?::\d{1,5})?$/i.test(authority)) return undefined;
  const url = `http://${authority}`;
  return URL.canParse(url) ? new URL(url).hostname.replace(/\.$/, '') : undefined;
}

function hostnameOfOrigin(origin: string): string | undefined {
  return hostnameOf(/^https?:\/\/(.*)$/i.exec(origin)?.[1] ?? '');
}

const unbracketed = (name: string) => name.replace(/^\[(.*)\]$/, '$1');

/** As a URL has it: an IPv6 address stands in brackets. */
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
