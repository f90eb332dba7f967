import { World } from '@bzzz/sim'
import { planOf, runFaults } from './test/faults.js'
const world = new World({ seed: Number(process.argv[2]) })
const plan = planOf(world.stream('plan')); console.log(JSON.stringify(plan))
globalThis.DBG = (...a) => console.log(world.nowMs.toFixed(1), ...a)
try { await runFaults(world, plan); console.log('ok') } catch (e) { console.log(e.message.slice(0, 1500)) }
process.exit()
