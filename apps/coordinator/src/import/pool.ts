/** Works on the items of a source, at most `max` at once. Rejects with the first failure of the source or of `work`. */
export const forEachOf = async <T>(
  source: AsyncIterable<T>,
  max: number,
  work: (item: T) => Promise<void>,
): Promise<void> => {
  const iterator = source[Symbol.asyncIterator]()
  let isOver = false
  // An async generator queues concurrent next() calls, so that each lane gets items of its own.
  const lane = async (): Promise<void> => {
    while (!isOver) {
      const next = await iterator.next()
      if (next.done === true) {
        isOver = true
        return
      }
      await work(next.value)
    }
  }
  try {
    await Promise.all(Array.from({ length: max }, lane))
  } finally {
    isOver = true
    await iterator.return?.()
  }
}
