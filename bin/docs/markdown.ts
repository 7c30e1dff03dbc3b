/** Name in the marker → the text between the markers, without a line break at either end. */
export type Tables = Record<string, () => string>;

const BLOCK = /^(<!-- generated: ([\w-]+) -->)\n(?:(?!<!--)[\s\S])*?^(<!-- end -->)$/gm;
const BEGIN = /^<!-- generated: .*$/gm;

/**
 * The page with all of its generated tables made again.
 * @throws Error that names the marker, for a table that does not exist, or a marker without its end.
 */
export function withTables(page: string, tables: Tables): string {
  const begun = page.match(BEGIN) ?? [];
  const ended = page.match(BLOCK) ?? [];
  const open = begun.find((marker) => !ended.some((block) => block.startsWith(`${marker}\n`)));
  if (open !== undefined) throw new Error(`${open}: expected <!-- end --> after the table`);
  return page.replace(BLOCK, (_, begin: string, name: string, end: string) => {
    const table = tables[name];
    if (table === undefined) {
      throw new Error(`generated: ${name}: expected one of ${Object.keys(tables).join(', ')}`);
    }
    return `${begin}\n${table()}\n${end}`;
  });
}

/** A Markdown table. Every row has as many cells as the head. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`.replaceAll('|  |', '| |');
  return [line(head), `|${'---|'.repeat(head.length)}`, ...rows.map(line)].join('\n');
}

export function code(text: string): string {
  return `\`${text}\``;
}

/** The texts as code, separated by commas; a dash for none. */
export function codes(texts: readonly string[]): string {
  return texts.length === 0 ? '–' : texts.map(code).join(', ');
}

export function count(value: number): string {
  return value.toLocaleString('en-US');
}

/** An amount in dollars, to the cent. */
export function money(dollars: number): string {
  return `$${dollars.toLocaleString('en-US', { minimumFractionDigits: 2, maximumFractionDigits: 2 })}`;
}

export function millions(amount: number): string {
  return `${(amount / 1e6).toLocaleString('en-US', { minimumFractionDigits: 2, maximumFractionDigits: 2 })} M`;
}

/** Dollars, rounded as `money` shows them, so that the rows of a table add up to its sum. */
export function toCents(dollars: number): number {
  return Math.round(dollars * 100) / 100;
}
