import { toHex } from './bytes.js'
import type { Random } from './random.js'

/** An operation id: 128 random bits in hex. Made by the client, reused on every retry. */
export const newOperationId = (random: Random): string => toHex(random.bytes(16))
