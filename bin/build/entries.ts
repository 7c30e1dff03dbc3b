/** An entry of the package, `trade-room-realtime/<name>`; the `exports` of package.json say the same. */
export interface PackageEntry {
  name: string;
  /** Path from the project's root. */
  source: string;
  /** `any`: browsers, Node and other runtimes. */
  platform: 'any' | 'node';
}

export const packageEntries: readonly PackageEntry[] = [
  { name: 'client', source: 'lib/client/client.ts', platform: 'any' },
  { name: 'react', source: 'lib/react/use-room.ts', platform: 'any' },
  { name: 'publisher', source: 'lib/publisher/publisher.ts', platform: 'node' },
  { name: 'protocol', source: 'lib/protocol/protocol.ts', platform: 'any' },
  { name: 'cdk', source: 'lib/stack/trade-room-realtime.ts', platform: 'node' },
];
