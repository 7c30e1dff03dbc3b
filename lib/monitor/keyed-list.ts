export interface KeyedListOptions<Item, Child extends HTMLElement> {
  keyOf(item: Item): string;
  create(item: Item): Child;
  /** Called for every item every time. */
  update?(child: Child, item: Item): void;
}

/**
 * Shows items as the children of an element, each by the same child for as long as it is there: focus, and what a person
 * has opened, stay.
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

/** Moves only what is not in its place: an element that is moved loses the focus. */
function place(container: Element, children: Iterable<HTMLElement>): void {
  let next = container.firstElementChild;
  for (const child of children) {
    if (child === next) next = child.nextElementSibling;
    else container.insertBefore(child, next);
  }
}
