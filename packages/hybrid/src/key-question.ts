import type { Level } from '@bzzz/base'
import type { RouteQuestion } from './router.js'

interface Asked {
  readonly percent: number
  canReach(key: string): boolean
}

/** The router's question about one key after the other: one object, as routing keeps none. */
export class KeyQuestion implements RouteQuestion {
  readonly #state: Asked
  readonly #cohortOf: (key: string) => number
  #key = ''
  level: Level | undefined

  constructor(state: Asked, cohortOf: (key: string) => number) {
    this.#state = state
    this.#cohortOf = cohortOf
  }

  of(key: string, level: Level | undefined): this {
    this.#key = key
    this.level = level
    return this
  }

  isInCohort(): boolean {
    return this.#cohortOf(this.#key) < this.#state.percent
  }

  canReach(): boolean {
    return this.#state.canReach(this.#key)
  }
}
