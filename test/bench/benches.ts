export interface BenchOptions {
  /** As little as shows that it works; the figures mean nothing. */
  quick: boolean;
}

/** Measures, and resolves to a Markdown table, with a line below that says whether the aim is met. */
export type Bench = (options: BenchOptions) => Promise<string>;

/** What `npm run bench -- <name>` runs. Each is loaded only when it runs, so that it measures itself alone. */
export const benches = {
  bundles: async (options) => (await import('./bundles.ts')).benchBundles(options),
  post: async (options) => (await import('./post.ts')).benchPost(options),
  huge: async (options) => (await import('./huge.ts')).benchHuge(options),
  shared: async (options) => (await import('./shared.ts')).benchShared(options),
  room: async (options) => (await import('./room.ts')).benchRoom(options),
  growth: async (options) => (await import('./growth.ts')).benchGrowth(options),
  faults: async (options) => (await import('./faults.ts')).benchFaults(options),
  flood: async (options) => (await import('./flood.ts')).benchFlood(options),
  'order-cost': async (options) => (await import('./order-cost.ts')).benchOrderCost(options),
} satisfies Record<string, Bench>;

export type BenchName = keyof typeof benches;
