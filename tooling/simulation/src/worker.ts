// node worker.js <first seed> <step> <seeds, or until:<ms since 1970>> [fault]: prints one JSON line per batch.
// With a fault it takes only seeds whose plan has it.
import { messageOf } from '@bzzz/base'
import { hasFault, runSeed } from './scenario.js'
import { newBatch, type Batch } from './batch.js'

const [first = '1', step = '1', bound = '10', fault = ''] = process.argv.slice(2)
const untilMs = bound.startsWith('until:') ? Number(bound.slice('until:'.length)) : Infinity
const seedsMax = untilMs < Infinity ? Infinity : Number(bound)

/** How often progress is told, milliseconds. */
const TELL_MS = 1000

const tell = (batch: Batch): void => {
  process.stdout.write(`${JSON.stringify(batch)}\n`)
}

let batch = newBatch()
let toldMs = Date.now()
// Most errors of a simulated world are expected, and nobody reads where they were made.
Error.stackTraceLimit = 0

for (
  let seed = Number(first), ran = 0;
  ran < seedsMax && Date.now() < untilMs;
  seed += Number(step)
) {
  if (fault !== '' && !hasFault(seed, fault)) continue
  ran++
  try {
    batch.add(await runSeed(seed))
  } catch (error) {
    batch.failed(seed, messageOf(error))
    break
  }
  if (Date.now() - toldMs < TELL_MS) continue
  tell(batch)
  batch = newBatch()
  toldMs = Date.now()
}
tell(batch)
