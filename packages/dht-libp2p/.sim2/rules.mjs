import { World } from '@bzzz/sim'
import { planOf, runFaults } from './test/faults.js'
const rules = ['the view of an operation is checked','older stamps are refused','a joining replica does not count','the newest is written back before it is returned','a stamp that was held is not given up','a write is synced before it is acknowledged']
for (const without of process.argv[2] ? [rules[process.argv[2]]] : rules) {
  const t = performance.now(); let found
  for (let seed = 1; seed <= 400 && found === undefined && performance.now() - t < 45000; seed++) {
    const world = new World({ seed })
    try { await runFaults(world, { ...planOf(world.stream('plan')), without }) } catch (e) { found = seed; console.log(without, 'FAILS at', seed, e.message.slice(0, 120), Math.round(performance.now() - t)) }
  }
  if (found === undefined) console.log(without, 'NOT FOUND')
}
process.exit()
