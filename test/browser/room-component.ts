import { createElement, StrictMode, useState } from 'react';
import { type Container, createRoot } from 'react-dom/client';
import { createTradeRoomClient, type Unsubscribe } from '../../lib/client/client.ts';
import { useRoom } from '../../lib/react/use-room.ts';

declare const document: { body: Container };

interface Shown {
  /** Types of the messages that the client has sent. */
  sent: string[];
  setShown(isShown: boolean): void;
  /** What the `error` listeners of the client were told: code and cause. */
  errors: string[];
  /** Listens to the errors of the client, or no longer. */
  setListening(isListening: boolean): void;
}

/** Of an order with this id the page's listener, which is async, rejects. */
export const REJECTED_ORDER = 666;

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
      async order_executed({ orderId }) {
        setOrders((before) => [...before, orderId]);
        if (orderId === REJECTED_ORDER) throw new Error(`order ${orderId}`);
      },
    });
    return createElement('p', { id: 'orders' }, `${state}: ${orders.join(', ')}`);
  }

  const tree = createRoot(document.body);
  const setShown = (isShown: boolean) =>
    tree.render(isShown ? createElement(StrictMode, null, createElement(Orders)) : null);
  setShown(true);
  const errors: string[] = [];
  let off: Unsubscribe | undefined;
  return {
    sent,
    setShown,
    errors,
    setListening(isListening) {
      off?.();
      if (isListening) off = client.on('error', ({ code, cause }) => errors.push(`${code}: ${cause}`));
    },
  };
}
