/** First in, first out. Unlike an array or a Set its first is cheap to take, however long it is. */
export interface Line<Item> {
  push(item: Item): void;
  /** Without taking it. */
  first(): Item | undefined;
  shift(): Item | undefined;
}

export function line<Item>(): Line<Item> {
  const items: (Item | undefined)[] = [];
  let head = 0;
  return {
    push: (item) => void items.push(item),
    first: () => items[head],
    shift() {
      const item = items[head];
      if (head === items.length) return undefined;
      items[head] = undefined;
      head += 1;
      // What has been taken is cut off once it is half of it: then each item is moved once at most.
      if (head * 2 > items.length) {
        items.splice(0, head);
        head = 0;
      }
      return item;
    },
  };
}
