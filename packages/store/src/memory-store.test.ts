import { describe, it } from '@jest/globals'
import { storeContract } from './contract/index.js'
import { MemoryStore } from './memory-store.js'

storeContract(
  { describe, it },
  { name: 'in memory', createStore: (setup) => new MemoryStore(setup) },
)
