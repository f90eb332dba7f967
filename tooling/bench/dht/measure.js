/**
 * Closed loop: `inflight` callers, each waiting for its answer before the next call.
 * `batch` calls are timed as one sample, for operations too short for the timer.
 * @returns {Promise<{ samplesUs: number[], perSecond: number }>}
 */
export const closedLoop = async (operation, { inflight, durationMs, batch = 1 }) => {
  const samplesUs = []
  let calls = 0
  const startMs = performance.now()
  const untilMs = startMs + durationMs
  const caller = async () => {
    let nowMs = performance.now()
    while (nowMs < untilMs) {
      const beganMs = nowMs
      for (let i = 0; i < batch; i++) await operation(calls++)
      nowMs = performance.now()
      samplesUs.push(((nowMs - beganMs) * 1000) / batch)
    }
  }
  await Promise.all(Array.from({ length: inflight }, caller))
  return { samplesUs, perSecond: calls / ((performance.now() - startMs) / 1000) }
}
