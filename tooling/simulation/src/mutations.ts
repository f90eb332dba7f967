/** One rule taken away: text of a built file, which must stand there once, and what takes its place. */
export interface Edit {
  /** Relative to the folder of the packages. */
  readonly file: string
  readonly from: string
  readonly to: string
}

export interface Mutation {
  readonly name: string
  /** Named by the issue and the specification: tried in every lane. The others are of the embedded DHT. */
  readonly isOfHybrid: boolean
  /** What brings it out: seeds whose plan has this fault. Default: any. */
  readonly fault?: string
  readonly edits: readonly Edit[]
}

/** The rules of the specification, each of which the simulation must miss. */
export const MUTATIONS: readonly Mutation[] = [
  {
    name: 'sync before the answer',
    isOfHybrid: true,
    edits: [{ file: 'store/dist/log/log-writer.js', from: 'await syncWhole(active);', to: '' }],
  },
  {
    name: 'operation ids',
    isOfHybrid: true,
    edits: [
      {
        file: 'store/dist/store-engine.js',
        from: 'const known = this.queue.operation(options.opId) ?? this.view.operations.get(options.opId);',
        to: 'const known = options.above && (this.queue.operation(options.opId) ?? this.view.operations.get(options.opId));',
      },
    ],
  },
  {
    name: 'order per key',
    isOfHybrid: true,
    edits: [
      {
        file: 'store/dist/store-engine.js',
        from: 'if (newest !== undefined && order <= 0) {',
        to: 'if (newest !== undefined && order === 0) {',
      },
      {
        file: 'store/dist/view.js',
        from: 'compareVersions(before.version, entry.version) >= 0',
        to: 'compareVersions(before.version, entry.version) === 0',
      },
    ],
  },
  {
    name: 'a condition is decided on what a quorum holds',
    isOfHybrid: false,
    edits: [
      {
        file: 'dht-mock/dist/conditional-write.js',
        from: 'granted.length >= need && isAgreed(granted, newest, need)',
        to: 'granted.length >= need',
      },
    ],
  },
  {
    name: 'a replica counts for a condition that it confirmed',
    isOfHybrid: false,
    edits: [
      {
        file: 'dht-mock/dist/replica.js',
        from: 'if (token !== undefined && !this.isNext(token, record.version))',
        to: 'if (false)',
      },
      {
        file: 'dht-mock/dist/spread.js',
        from: "if (held === 'before' && this.#confirmedBy?.has(peerId) !== false)",
        to: "if (held === 'before')",
      },
    ],
  },
  {
    name: 'fencing epoch',
    isOfHybrid: true,
    fault: 'zombie',
    edits: [
      { file: 'dht-mock/dist/incarnations.js', from: 'if (epoch < latest)', to: 'if (false)' },
    ],
  },
  {
    // In both places: what this node wrote counts for the hybrid, and for the read at a quorum.
    name: 'read fence',
    isOfHybrid: true,
    edits: [
      {
        file: 'dht-mock/dist/quorum-read.js',
        from: 'newestOf([...answers, own])',
        to: 'newestOf(answers)',
      },
      {
        file: 'hybrid/dist/reads.js',
        from: 'if (isNewer(own, version) && ',
        to: 'if (false && ',
      },
    ],
  },
  {
    name: 'a degraded miss is unavailable',
    isOfHybrid: true,
    edits: [
      {
        file: 'hybrid/dist/reads.js',
        from: "const why = mode === 'mock'",
        to: "return Promise.resolve(undefined);\n        const why = mode === 'mock'",
      },
    ],
  },
]
