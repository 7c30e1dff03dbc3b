/** The element of the page with this id. */
export function byId<Kind extends Element = HTMLElement>(id: string): Kind {
  const element = document.getElementById(id);
  if (element === null) throw new Error(`The page has no #${id}`);
  return element as unknown as Kind;
}

/** Makes an element with a text. Received data is always text, never markup. */
export function element<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  text = '',
  properties: Partial<HTMLElementTagNameMap[Tag]> = {},
): HTMLElementTagNameMap[Tag] {
  const made = document.createElement(tag);
  made.textContent = text;
  return Object.assign(made, properties);
}

/** Writes a text only if it has changed, so that a screen reader and the layout react to changes only. */
export function setText(node: Element, text: string): void {
  if (node.textContent !== text) node.textContent = text;
}

interface Cell {
  text: string;
  className?: string;
}

/** Gives a row these cells. */
export function setCells(row: HTMLTableRowElement, cells: readonly Cell[]): void {
  for (const [index, { text, className = '' }] of cells.entries()) {
    const cell = row.cells[index] ?? row.insertCell();
    setText(cell, text);
    if (cell.className !== className) cell.className = className;
  }
}

interface KeyedListOptions<Item, Child extends HTMLElement> {
  keyOf(item: Item): string;
  create(item: Item): Child;
  /** Called for every item every time. */
  update?(child: Child, item: Item): void;
}

/**
 * Shows items as the children of an element. An item keeps its child while it is shown, so that the focus and opened details
 * stay.
 */
export function keyedList<Item, Child extends HTMLElement>(
  container: Element,
  { keyOf, create, update }: KeyedListOptions<Item, Child>,
): (items: readonly Item[]) => void {
  let children = new Map<string, Child>();
  return (items) => {
    const before = children;
    children = new Map();
    for (const item of items) {
      const child = before.get(keyOf(item)) ?? create(item);
      update?.(child, item);
      children.set(keyOf(item), child);
    }
    for (const [key, child] of before) if (!children.has(key)) child.remove();
    place(container, children.values());
  };
}

/** Moves only elements that are not in their place, because a moved element loses the focus. */
function place(container: Element, children: Iterable<HTMLElement>): void {
  let next = container.firstElementChild;
  for (const child of children) {
    if (child === next) next = child.nextElementSibling;
    else container.insertBefore(child, next);
  }
}

/** Returns a function that renders at most once for each frame of the screen. */
export function eachFrame(render: () => void): () => void {
  let isAsked = false;
  return () => {
    if (isAsked) return;
    isAsked = true;
    requestAnimationFrame(() => {
      isAsked = false;
      render();
    });
  };
}

const INTERVAL_MS = 1_000;
const MAX_INTERVAL_MS = 10_000;

/**
 * Polls one second after each answer. Without an answer the interval doubles, up to ten seconds. It pauses while the page is
 * hidden. `onResult` gets whether the last poll was answered.
 */
export function poll(ask: () => Promise<void>, onResult: (isAnswering: boolean) => void): void {
  let interval = INTERVAL_MS;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let isAsking = false;

  async function next(): Promise<void> {
    clearTimeout(timer);
    if (document.hidden || isAsking) return;
    isAsking = true;
    const isAnswering = await ask().then(
      () => true,
      () => false,
    );
    isAsking = false;
    interval = isAnswering ? INTERVAL_MS : Math.min(interval * 2, MAX_INTERVAL_MS);
    onResult(isAnswering);
    timer = setTimeout(next, interval);
  }

  document.addEventListener('visibilitychange', next);
  void next();
}
