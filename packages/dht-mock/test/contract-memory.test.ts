import { describe, it } from '@jest/globals'
import { dhtContract } from '@bzzz/dht-core/contract'
import { inWorld } from './support.js'

dhtContract({ describe, it }, inWorld('mock in memory', {}))
dhtContract({ describe, it }, inWorld('mock in memory, 20 ms apart', { roundTripMs: 20 }))
dhtContract(
  { describe, it },
  inWorld('mock in memory, losing one message in 20', { roundTripMs: 1, lossProbability: 0.05 }),
)
