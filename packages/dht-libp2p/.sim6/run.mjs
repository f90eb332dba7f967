globalThis.GREET = process.env.GREET !== '0'
import { simulate } from '@bzzz/sim'
import { planOf, runFaults } from './test/faults.js'
const [from, to] = [Number(process.argv[2]), Number(process.argv[3])]
for (let seed = from; seed <= to; seed++) {
  const t = performance.now()
  try {
    await simulate({ seeds: [seed] }, (world) => runFaults(world, planOf(world.stream('plan'))))
    if (process.env.LOUD) console.log(seed, Math.round(performance.now() - t))
  } catch (e) { console.log('FAIL', seed, String(e.cause?.message ?? e.message).slice(0, 4000), e.cause?.stack?.slice(0,600)) }
}
console.log('done', from, to)
