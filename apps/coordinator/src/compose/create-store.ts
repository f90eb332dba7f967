import type { Startable } from '@bzzz/base'
import { MemoryStore, type Store } from '@bzzz/store'
import { FileStore } from '@bzzz/store/node'
import type { BackendConfig, ComposeMeans } from './means.js'

/** The one store of the node, which both sides of every component share. */
export const createStore = (config: BackendConfig, means: ComposeMeans): Store & Startable => {
  const { directory, identity, clock, random, log } = means
  const writer = identity.peerId
  const onListenerError = (error: unknown): void => {
    log.error('a listener of the store failed', { error })
  }
  return config.storeDurability === 'memory'
    ? new MemoryStore({ writer, clock, random, onListenerError })
    : new FileStore({
        writer,
        clock,
        random,
        onListenerError,
        directory: directory.storePath,
        cacheBytesMax: config.storeCacheBytes,
        onProblem: (error) => {
          log.error('the store met a problem', { error })
        },
      })
}
