// A program with a client on the WebSocket that Node brings itself: prints what it is told, closes at SIGINT.
// Parameters: the url, and a token; without one `getToken` never ends.
import { createTradeRoomClient } from '../../lib/client/client.ts';

const print = (...words: unknown[]) => process.stdout.write(`${words.join(' ')}\n`);
const [url = '', token] = process.argv.slice(2);
const client = createTradeRoomClient({
  url,
  getToken: () => token ?? new Promise<string>(() => print('getToken')),
  // Whatever is noticed is not noticed by a timeout.
  timeoutMs: 0,
});
client.on('state', (state, cause) => print('state', state, cause?.code ?? ''));
client.on('error', ({ code }) => print('error', code));
client.on('frame', ({ direction, text }) => print(direction, JSON.parse(text).type));
client.room(42).on('order_executed', ({ orderId }) => print('order', orderId));
process.once('SIGINT', () => client.close());
