/** The element of the page with this id. */
export function byId<Kind extends Element = HTMLElement>(id: string): Kind {
  const element = document.getElementById(id);
  if (element === null) throw new Error(`The page has no #${id}`);
  return element as unknown as Kind;
}

/** Makes an element with text in it: what comes from the wire is never markup. */
export function element<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  text = '',
  properties: Partial<HTMLElementTagNameMap[Tag]> = {},
): HTMLElementTagNameMap[Tag] {
  const made = document.createElement(tag);
  made.textContent = text;
  return Object.assign(made, properties);
}

/** Writes only what is new: a screen reader and the browser's layout hear of changes alone. */
export function setText(node: Element, text: string): void {
  if (node.textContent !== text) node.textContent = text;
}

export interface Cell {
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
