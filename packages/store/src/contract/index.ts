import type { TestApi } from '@bzzz/base/check'
import { applying } from './applying.js'
import { digests } from './digests.js'
import { lifecycle } from './lifecycle.js'
import type { StoreContract } from './setup.js'
import { writing } from './writing.js'

export type { StoreContract, StoreSetup } from './setup.js'

/** What every store promises, as tests: `storeContract({ describe, it }, { name, createStore })`. */
export const storeContract = (api: TestApi, contract: StoreContract): void => {
  api.describe(`store contract: ${contract.name}`, () => {
    api.describe('append', () => {
      writing(api, contract)
    })
    api.describe('apply, marks and commits', () => {
      applying(api, contract)
    })
    api.describe('range digests', () => {
      digests(api, contract)
    })
    api.describe('lifecycle', () => {
      lifecycle(api, contract)
    })
  })
}
