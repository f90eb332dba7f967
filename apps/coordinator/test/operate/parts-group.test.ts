import { expect, test } from '@jest/globals'
import { Service } from '@bzzz/base'
import { PartsGroup } from '../../src/compose/parts-group.js'

class Part extends Service {
  readonly #told: (what: string) => void
  readonly #part: string
  readonly #isBroken: boolean

  constructor(part: string, told: (what: string) => void, isBroken = false) {
    super(part)
    this.#part = part
    this.#told = told
    this.#isBroken = isBroken
  }

  protected async onStart(): Promise<void> {
    if (this.#isBroken) throw new Error(`${this.#part} is broken`)
    this.#told(`${this.#part} starts`)
  }

  protected async onStop(): Promise<void> {
    this.#told(`${this.#part} stops`)
  }
}

const createGroup = (isBroken: boolean) => {
  const told: string[] = []
  const tell = (what: string): void => {
    told.push(what)
  }
  const group = new PartsGroup({
    name: 'the group',
    parts: [new Part('a', tell), new Part('b', tell, isBroken), new Part('c', tell)],
    onStarted: () => {
      tell('started')
    },
    onFailed: () => {
      tell('failed')
    },
    onStopping: () => {
      tell('stopping')
    },
  })
  return { group, told }
}

test('parts start in order and end in reverse, told around both', async () => {
  const { group, told } = createGroup(false)
  await group.start()
  await group.stop()
  expect(told.join(', ')).toBe(
    'a starts, b starts, c starts, started, stopping, c stops, b stops, a stops',
  )
})

test('when one fails to start, none is left running, and nothing is told of a start', async () => {
  const { group, told } = createGroup(true)
  await expect(group.start()).rejects.toThrow('b is broken')
  expect(told).toEqual(['a starts', 'a stops', 'failed'])
  await group.stop()
  expect(told).toHaveLength(3)
})
