/** A segment of a path. One that cannot be decoded stays as it is: nobody has that name. */
export function percentDecoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}
