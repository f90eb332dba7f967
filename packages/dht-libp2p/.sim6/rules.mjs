import { World } from '@bzzz/sim'
import { planOf, runFaults } from './test/faults.js'
const rules = ['the view of an operation is checked','the newest is written back before it is returned','a write is synced before it is acknowledged']
const plans = [{ nodes: 3, joining: 2, loss: 0 , skewMs: 0}, { nodes: 3, joining: 0, lossProbability: 0.15, clients: 8, skewMs: 0 }, { nodes: 3, joining: 0, lossProbability: 0, skewMs: 0 }]
const i = Number(process.argv[2]); const without = rules[i]
const t = performance.now(); let found = 0
for (let seed = 1; seed <= 400 && found < 3 && performance.now() - t < 100000; seed++) {
  const world = new World({ seed })
  try { await runFaults(world, { ...planOf(world.stream('plan')), faults: true, ...plans[i], without }) } catch (e) { found++; console.log(without, 'FAILS at', seed, e.message.slice(0, 300).replaceAll('\n', ' | '), Math.round(performance.now() - t)) }
}
console.log(without, found)
process.exit()
