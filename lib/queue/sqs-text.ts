/** JSON as SQS takes it: it refuses the two characters that JSON leaves bare and XML does not know. */
export function sqsText(json: string): string {
  return json.replace(/[\uFFFE\uFFFF]/g, (character) => `\\u${character.charCodeAt(0).toString(16)}`);
}
