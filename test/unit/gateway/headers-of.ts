/** Headers that are a flat list, by their names. */
export function headersOf({ headers }: { headers: readonly string[] }): Record<string, string> {
  const names = headers.filter((_, index) => index % 2 === 0);
  return Object.fromEntries(names.map((name, index) => [name, headers[2 * index + 1] ?? '']));
}
