/** A longer name is no typing error of one of ours, and costs its square to compare. */
const COMPARED_CHARS_MAX = 64

/** Insertions, deletions, replacements and swaps of neighbours that turn one text into the other. */
export const editDistance = (a: string, b: string): number => {
  let beforeLast: number[] = []
  let last = Array.from({ length: b.length + 1 }, (_, at) => at)
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const replaced = (last[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)
      let best = Math.min((last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, replaced)
      const isSwap = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]
      if (isSwap) best = Math.min(best, (beforeLast[j - 2] ?? 0) + 1)
      row.push(best)
    }
    beforeLast = last
    last = row
  }
  return last[b.length] ?? 0
}

/** The candidate most like the text, when it is like enough to be meant. The first wins a tie. */
export const closest = (text: string, candidates: readonly string[]): string | undefined => {
  if (text.length > COMPARED_CHARS_MAX) return undefined
  let found: string | undefined
  // A third of the letters wrong is a typing error; more, or all of them, is another word.
  let best = Math.min(text.length, Math.max(1, Math.floor(text.length / 3)) + 1)
  for (const candidate of candidates) {
    if (Math.abs(candidate.length - text.length) >= best) continue
    const distance = editDistance(text, candidate)
    if (distance >= best) continue
    best = distance
    found = candidate
  }
  return found
}
