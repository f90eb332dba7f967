import { dhtRow } from './dht-mesh.js'
import type { PortRow } from './mesh.js'

/** Every port that has a mock, a real implementation and a hybrid. */
export const portRows: readonly PortRow[] = [dhtRow]
