import {
  baseError,
  BzzzError,
  definePort,
  Service,
  verdictOf,
  type Acknowledgement,
  type Listener,
  type StampedRecord,
  type Unsubscribe,
} from '@bzzz/base'
import { World } from '@bzzz/sim'
import { MemoryStore } from '@bzzz/store'
import type { DHTChange } from '@bzzz/dht-core'
import { describe, expect, test } from '@jest/globals'
import { defineHybrid, type Switchable } from '../../src/index.js'
import { Gate, withLab } from '../lab.js'
import { bytesOf } from '../support.js'

interface News extends Switchable {
  items(): AsyncIterable<string>
  onItem(listener: Listener<string>): Unsubscribe
}

const gone = (message: string): BzzzError =>
  new BzzzError(
    'NEWS_UNAVAILABLE',
    { verdict: 'unavailable', http: 503, meaning: 'It is away.', remedy: 'Try again.' },
    message,
  )

const newsPort = definePort<News>()({
  name: 'News',
  contract: 'news/1',
  judge: verdictOf,
  merge: (a) => a,
  unavailable: gone,
  probe: { key: '/probe', value: new Uint8Array(), read: async () => undefined },
  ops: {
    items: { kind: 'stream', id: (item) => item },
    onItem: { kind: 'subscribe', id: (item) => item },
    apply: { kind: 'write', key: ({ key }) => key, record: (record) => record },
  },
})

const HybridNews = defineHybrid<News, typeof newsPort>(newsPort)

/** One side: yields its items, and fails where it is told to. */
class FakeNews extends Service implements News {
  readonly contract = 'news/1'
  list: readonly string[]
  failsAfter = Infinity
  failure: Error = gone('it went away')
  readonly listeners = new Set<Listener<string>>()

  constructor(list: readonly string[]) {
    super('the news')
    this.list = list
  }

  async *items(): AsyncGenerator<string> {
    for (const [i, item] of this.list.entries()) {
      if (i >= this.failsAfter) throw this.failure
      yield item
    }
  }

  onItem(listener: Listener<string>): Unsubscribe {
    this.listeners.add(listener)
    return () => this.listeners.delete(listener)
  }

  tell(item: string): void {
    for (const listener of this.listeners) listener(item)
  }

  apply(_record: StampedRecord): Promise<Acknowledgement> {
    return Promise.reject(gone('it takes nothing'))
  }

  protected override async onStart(): Promise<void> {}
  protected override async onStop(): Promise<void> {}
}

const withNews = async (
  body: (rig: {
    readonly news: InstanceType<typeof HybridNews>
    readonly store: FakeNews
    readonly reals: FakeNews[]
  }) => Promise<void>,
  list: readonly string[] = ['a', 'b', 'c', 'd'],
): Promise<void> => {
  const world = new World({ seed: 2 })
  const stopWorld = world.drive()
  const memory = new MemoryStore({ writer: 'me', clock: world.clock, random: world.random })
  await memory.start()
  const store = new FakeNews(list)
  const reals: FakeNews[] = []
  const news = new HybridNews({
    component: 'news',
    mock: store,
    real: () => {
      const port = new FakeNews(list)
      reals.push(port)
      return { port }
    },
    store: memory,
    setting: { mode: 'hybrid', percent: 100 },
    clock: world.clock,
    random: world.random,
  })
  await news.start()
  await new Promise<void>((resolve) => void world.after(50, resolve, 'pass'))
  try {
    await body({ news, store, reals })
    await news.stop()
    await memory.stop()
  } finally {
    stopWorld()
  }
}

const all = async (items: AsyncIterable<string>): Promise<string[]> => {
  const told: string[] = []
  for await (const item of items) told.push(item)
  return told
}

describe('semantics 12: streams', () => {
  test('fail over half-way by the id of their items: none is missing, none comes twice', () =>
    withNews(async ({ news, reals, store }) => {
      expect(news.controls.serving).toBe('real')
      store.list = ['d', 'b', 'a', 'c', 'e']
      for (let failsAfter = 0; failsAfter <= 4; failsAfter++) {
        const [real] = reals
        if (real !== undefined) real.failsAfter = failsAfter
        const told = await all(news.items())
        expect(told.slice(0, failsAfter)).toEqual(['a', 'b', 'c', 'd'].slice(0, failsAfter))
        expect(new Set(told).size).toBe(told.length)
        expect(told.toSorted()).toEqual(
          failsAfter < 4 ? ['a', 'b', 'c', 'd', 'e'] : ['a', 'b', 'c', 'd'],
        )
      }
    }))

  test('an answer half-way ends them, and is no outage', () =>
    withNews(async ({ news, reals: [real] }) => {
      if (real !== undefined)
        Object.assign(real, { failsAfter: 2, failure: baseError('INVALID_ARGUMENT', 'no') })
      await expect(all(news.items())).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
      expect(news.controls.details().fallback_answers).toBe(0)
    }))

  test('with both sides away they end with the outage', () =>
    withNews(async ({ news, reals: [real], store }) => {
      if (real !== undefined) real.failsAfter = 1
      store.failsAfter = 0
      await expect(all(news.items())).rejects.toMatchObject({ code: 'NEWS_UNAVAILABLE' })
    }))
})

describe('semantics 12: subscriptions', () => {
  test('are attached to both sides, and tell each event once', () =>
    withNews(async ({ news, reals: [real], store }) => {
      const told: string[] = []
      const off = news.onItem((item) => told.push(item))
      store.tell('1')
      real?.tell('1')
      real?.tell('2')
      store.tell('2')
      store.tell('3')
      expect(told).toEqual(['1', '2', '3'])
      off()
      expect([store.listeners.size, real?.listeners.size]).toEqual([0, 0])
    }))

  test('survive the exchange of the real side', () =>
    withNews(async ({ news, reals, store }) => {
      const told: string[] = []
      news.onItem((item) => told.push(item))
      await news.controls.setMode({ mode: 'mock' }, { isNow: true })
      expect(reals[0]?.listeners.size).toBe(0)
      store.tell('1')
      await news.controls.setMode({ mode: 'hybrid' })
      expect(reals).toHaveLength(2)
      reals[1]?.tell('1')
      reals[1]?.tell('2')
      expect(told).toEqual(['1', '2'])
    }))

  test('changes of a DHT: once each and in order, over fallback, return and flips', () =>
    withLab({}, async (lab) => {
      const node = lab.node(0)
      const told: DHTChange[] = []
      node.dht.onChange((change) => told.push(change))
      const written: string[] = []
      const write = async (): Promise<void> => {
        const { version } = await node.dht.put('k', bytesOf('v'), { level: 'local' })
        written.push(`${version.wallMs}.${version.counter}`)
      }
      await write()
      lab.isolate(0)
      await write()
      await lab.until(() => node.controls.phase === 'local', 'the fallback')
      await write()
      lab.heal()
      await lab.serving(0)
      await write()
      await node.controls.setMode({ mode: 'mock' })
      await write()
      await node.controls.setMode({ mode: 'real' })
      await write()
      const mine = told.filter(({ key }) => key === 'k')
      expect(mine.map(({ version }) => `${version.wallMs}.${version.counter}`)).toEqual(written)
    }))

  test('what peers write while this node is away is told once it is back', () =>
    withLab({}, async (lab) => {
      const node = lab.node(0)
      const told: string[] = []
      node.dht.onChange(({ key }) => told.push(key))
      lab.isolate(0)
      await lab.until(() => node.controls.phase === 'local', 'the fallback')
      for (let i = 0; i < 10; i++) await lab.node(1).dht.put(`k${i}`, bytesOf('v'))
      lab.heal()
      await lab.serving(0)
      await lab.until(() => told.filter((key) => key.startsWith('k')).length >= 10, 'the changes')
      await lab.pass(2_000)
      expect(told.filter((key) => key.startsWith('k')).toSorted()).toEqual(
        Array.from({ length: 10 }, (_, i) => `k${i}`),
      )
    }))

  test('a subscriber that was there before the start misses nothing', () =>
    withLab({ starts: false }, async (lab) => {
      const held = new Gate()
      const told: string[] = []
      lab.node(0).dht.onChange(({ key }) => {
        told.push(key)
        if (key === 'k') held.open()
      })
      for (const node of lab.nodes) await node.start()
      await lab.node(1).dht.put('k', bytesOf('v'), { level: 'all' })
      await held.opened
      expect(told.filter((key) => key === 'k')).toEqual(['k'])
    }))
})
