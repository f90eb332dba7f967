globalThis.KEY = (k) => k === process.argv[3]
import { World } from '@bzzz/sim'
import { planOf, runFaults } from './test/faults.js'
import { History } from './test/history.js'
import { isLinearizable } from './test/wgl.js'
globalThis.GREET = process.env.GREET !== '0'
const world = new World({ seed: Number(process.argv[2]) })
globalThis.DBG = (...a) => console.log(world.nowMs.toFixed(1), ...a)
const plan = { ...planOf(world.stream('plan')), ...(process.env.DUR ? { durationMs: Number(process.env.DUR) } : {}) }; console.log(JSON.stringify(plan))
let hist
const orig = History.prototype.check
History.prototype.check = function () { hist = this; orig.call(this) }
try { await runFaults(world, plan); console.log('ok') } catch (e) { console.log(e.message.slice(0, 60))
  if (hist) for (const [key, list] of hist.operations) {
    const told = list.filter(({ kind, ret }) => kind !== 'read' || ret !== Infinity)
    if (isLinearizable(told)) continue
    const times = told.map((o) => o.ret).filter((x) => x < Infinity).sort((a, b) => a - b)
    for (const t of times) {
      const cut = told.filter((o) => o.call <= t && (o.kind !== 'read' || o.ret <= t)).map((o) => ({ ...o, ret: o.ret <= t ? o.ret : Infinity }))
      if (!isLinearizable(cut)) { console.log(key, 'first breaks at', t); for (const o of cut.filter((o) => o.ret >= t - 400).sort((a, b) => a.call - b.call)) console.log(o.call.toFixed(1), o.ret.toFixed(1), o.kind, o.value ?? o.result); break }
    }
  } }
process.exit()
