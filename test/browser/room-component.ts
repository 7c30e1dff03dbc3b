import { createElement, StrictMode, useState } from 'react';
import { type Container, createRoot } from 'react-dom/client';
import { createTradeRoomClient } from '../../lib/client/client.ts';
import { useRoom } from '../../lib/react/use-room.ts';

declare const document: { body: Container };

interface Shown {
  /** Types of the messages that the client has sent. */
  sent: string[];
  setShown(isShown: boolean): void;
}

/** A page with a component that is fed from a room, as a frontend would write it, and that comes and goes. */
export function showRoom(endpoint: string, roomId: string): Shown {
  const sent: string[] = [];
  const client = createTradeRoomClient({
    url: endpoint.replace('http', 'ws'),
    async getToken() {
      const body = JSON.stringify({ sub: 'alice' });
      const response = await fetch(`${endpoint}/dev/token`, { method: 'POST', body });
      return ((await response.json()) as { token: string }).token;
    },
  });
  client.on('frame', ({ direction, text }) => {
    if (direction === 'sent') sent.push(JSON.parse(text).type);
  });

  function Orders() {
    const [orders, setOrders] = useState<unknown[]>([]);
    const state = useRoom(client, roomId, {
      // Not memoised. Several events may come before the next rendering.
      order_executed: ({ orderId }) => setOrders((before) => [...before, orderId]),
    });
    return createElement('p', { id: 'orders' }, `${state}: ${orders.join(', ')}`);
  }

  const tree = createRoot(document.body);
  const setShown = (isShown: boolean) =>
    tree.render(isShown ? createElement(StrictMode, null, createElement(Orders)) : null);
  setShown(true);
  return { sent, setShown };
}
