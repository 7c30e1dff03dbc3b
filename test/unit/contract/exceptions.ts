export type Message = Record<string, unknown>;

/** Where the schema of a message lies: who sends it, or the bus. */
export type Folder = 'client' | 'server' | 'bus';

interface Exception {
  why: string;
  holds: (folder: Folder, type: string, message: Message) => boolean;
  example: { path: string; message: Message; schemaSays: boolean };
}

/** Where the schema says another thing than the code, and has to. */
export const exceptions: Exception[] = [
  {
    why: 'an auth without a usable token is a failed auth for the server, and no message for a client',
    holds: (folder, type) => folder === 'client' && type === 'auth',
    example: { path: 'client/auth.json', message: { type: 'auth', data: {} }, schemaSays: false },
  },
  {
    why: 'JSON Schema cannot compare roomId with bullPenId; the description says it',
    holds: (folder, _, { data }) => folder === 'client' && namesTwoRooms(data),
    example: {
      path: 'client/unsubscribe_room.json',
      message: { type: 'unsubscribe_room', data: { roomId: 1, bullPenId: 2 } },
      schemaSays: true,
    },
  },
  {
    why: 'JavaScript counts a character beyond the first 65,536 as two',
    holds: (_folder, _type, message) => JSON.stringify(message).includes('😀'),
    example: {
      path: 'client/ping.json',
      message: { type: 'ping', data: {}, id: '😀'.repeat(100) },
      schemaSays: true,
    },
  },
  {
    why: 'JSON Schema cannot ask for well-formed text; docs/protocol.md and docs/bus.md say it',
    holds: (_folder, _type, message) => /\\u[dD][89a-fA-F]/.test(JSON.stringify(message)),
    example: {
      path: 'client/ping.json',
      message: { type: 'ping', data: {}, id: '\ud800' },
      schemaSays: true,
    },
  },
  {
    why: 'JSON Schema does not know what time it is: publishedAt may be a day off',
    holds: (folder, _type, { publishedAt }) => folder === 'bus' && Number(publishedAt) > Date.UTC(2020, 0, 1),
    example: {
      path: 'bus/order_executed.json',
      message: { roomId: 'r', data: {}, publishedAt: 2e12 },
      schemaSays: true,
    },
  },
  {
    why: 'a schema of valibot takes an array for an object; the server sends none',
    holds: (folder, _, message) => folder === 'server' && hasArray(message),
    example: { path: 'server/pong.json', message: { type: 'pong', data: [] }, schemaSays: false },
  },
];

function namesTwoRooms(data: unknown): boolean {
  const { roomId, bullPenId } = (data ?? {}) as Message;
  return roomId !== undefined && bullPenId !== undefined && String(roomId) !== String(bullPenId);
}

/** An array where the messages of the protocol have none. */
function hasArray(value: unknown, name = ''): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (Array.isArray(value) && !['events', 'snapshot', 'rankings'].includes(name)) return true;
  return Object.entries(value).some(([key, item]) => hasArray(item, Array.isArray(value) ? '' : key));
}
