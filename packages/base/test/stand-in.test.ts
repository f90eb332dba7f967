import { describe, expect, test } from '@jest/globals'
import { standIn } from '../src/stand-in.js'

class Till {
  #sum = 0
  readonly name: string = 'till'

  get sum(): number {
    return this.#sum
  }

  add(amount: number): number {
    this.#sum += amount
    return this.#sum
  }

  clear(): void {
    this.#sum = 0
  }
}

describe('standIn', () => {
  test('has its own methods, and every other member of the implementation', () => {
    const till = new Till()
    const double = standIn(till, { add: (amount) => till.add(2 * Number(amount)) })
    expect(double.add(2)).toBe(4)
    expect([double.sum, double.name]).toEqual([4, 'till'])
    double.clear.call(undefined)
    expect([double.sum, till.sum]).toEqual([0, 0])
    expect(Object.hasOwn(double, 'add')).toBe(false)
  })

  test('reads a member anew at each use', () => {
    const impl = { state: 'new' }
    const outer = standIn(impl, {})
    impl.state = 'started'
    expect(outer.state).toBe('started')
  })
})
