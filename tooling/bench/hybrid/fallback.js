// Real freezes under load: every call that is made afterwards is answered from the store, which is in
// memory here, so that no stall of a disk counts as one of real.
import { fill, hybrid, KEYS, memoryStore, replicatedAtOnce, until, VALUE } from './rig.js'

const IN_FLIGHT = 64

/** A real side that stops answering when told to, as a process under SIGSTOP: no error, no close. */
const freezable = (store) => {
  const dht = replicatedAtOnce(store)
  const port = Object.create(dht)
  let isFrozen = false
  const never = new Promise(() => {})
  for (const name of ['get', 'put', 'delete', 'apply'])
    port[name] = (...args) => (isFrozen ? never : dht[name](...args))
  for (const name of ['start', 'stop', 'closestPeers', 'onChange'])
    port[name] = (...args) => dht[name](...args)
  Object.defineProperty(port, 'peerId', { get: () => dht.peerId })
  return {
    side: { port },
    freeze: () => {
      isFrozen = true
    },
  }
}

/** Half reads of keys that this node holds, half writes, each caller waiting for its answer. */
const load = (dht) => {
  const samples = []
  const state = { isOver: false }
  let calls = 0
  const caller = async () => {
    while (!state.isOver) {
      const i = calls++
      const key = KEYS[i % KEYS.length]
      const isRead = i % 2 === 0
      const atMs = performance.now()
      if (isRead) await dht.get(key)
      else await dht.put(key, VALUE)
      samples.push({ atMs, isRead, tookMs: performance.now() - atMs })
      // A caller does something with its answer; a loop without a pause would starve the timers.
      await new Promise((resolve) => void setImmediate(resolve))
    }
  }
  const callers = Promise.all(Array.from({ length: IN_FLIGHT }, caller))
  return {
    samples,
    stop: () => {
      state.isOver = true
      return callers
    },
  }
}

const pause = (ms) => new Promise((resolve) => void setTimeout(resolve, ms))

/** Milliseconds of the calls made after real froze: until the breaker opened, and after it. */
export const measureFallback = async () => {
  const store = await memoryStore()
  const { side, freeze } = freezable(store)
  const dht = await hybrid(store, { mode: 'hybrid', percent: 100 }, { real: () => side })
  await fill(dht, store)
  const { samples, stop } = load(dht)
  await pause(1_500)
  // A busy machine may have stalled real as well.
  await until(() => dht.controls.serving === 'real', 'real serves under load')
  const frozenMs = performance.now()
  let openedMs
  dht.controls.on('switched', ({ from, to }) => {
    if (from === 'real' && to === 'store') openedMs ??= performance.now()
  })
  freeze()
  await until(() => openedMs !== undefined, 'the breaker opened')
  await pause(1_000)
  await stop()
  await dht.stop()
  await store.stop()
  const taken = (from, to) =>
    samples.filter(({ atMs }) => atMs >= from && atMs < to).map(({ tookMs }) => tookMs)
  return {
    healthyMs: taken(0, frozenMs - 100),
    frozenMs: taken(frozenMs, openedMs),
    openMs: taken(openedMs, Infinity),
    openReadsMs: samples
      .filter(({ atMs, isRead }) => isRead && atMs >= openedMs)
      .map(({ tookMs }) => tookMs),
    detectionMs: openedMs - frozenMs,
  }
}
