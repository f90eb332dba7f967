/** Randomness as an argument. */
export interface Random {
  /** Uniform in [0, 1). */
  next(): number
  /** Uniform integer in [0, below). */
  int(below: number): number
  bytes(length: number): Uint8Array
}

const fromNext = (next: () => number): Random => ({
  next,
  int: (below) => Math.floor(next() * below),
  bytes: (length) => Uint8Array.from({ length }, () => Math.floor(next() * 256)),
})

/** Reproducible randomness (mulberry32). Not for keys or tokens. */
export const seededRandom = (seed: number): Random => {
  let state = seed | 0
  return fromNext(() => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  })
}

/** What platforms give per call; they throw when asked for more. */
const PLATFORM_BYTES_MAX = 65_536

/** The platform's cryptographic randomness. */
export const systemRandom: Random = {
  ...fromNext(() => {
    const word = new Uint32Array(crypto.getRandomValues(new Uint8Array(4)).buffer)[0] ?? 0
    return word / 4_294_967_296
  }),
  bytes: (length) => {
    const out = new Uint8Array(length)
    for (let at = 0; at < length; at += PLATFORM_BYTES_MAX)
      crypto.getRandomValues(out.subarray(at, at + PLATFORM_BYTES_MAX))
    return out
  },
}

/** One of the items, which must not be empty. */
export const pick = <T>(random: Random, items: readonly T[]): T => {
  const item = items[random.int(items.length)]
  if (item === undefined) throw new RangeError('pick from an empty list')
  return item
}

/** A shuffled copy. */
export const shuffle = <T>(random: Random, items: readonly T[]): T[] => {
  const out = [...items]
  for (let i = out.length - 1; i > 0; i--) {
    const j = random.int(i + 1)
    const a = out[i] as T
    out[i] = out[j] as T
    out[j] = a
  }
  return out
}
