import { realMesh, stopNode } from './test/real.js'
import { utf8 } from '@bzzz/base'
for (const n of [3, 5]) {
  const t = performance.now()
  const nodes = await realMesh(n)
  console.log('mesh', n, Math.round(performance.now() - t), 'ms')
  const [a] = nodes
  const v = new Uint8Array(256)
  for (let i = 0; i < 300; i++) await a.dht.put('w' + i, v)
  for (const c of [1, 64]) {
    const lat = []; const N = c === 1 ? 1000 : 6000
    let k = 0; const t0 = performance.now()
    await Promise.all(Array.from({ length: c }, async () => { while (k < N) { const i = k++; const s = performance.now(); await a.dht.put('p' + (i % 1000), v); lat.push(performance.now() - s) } }))
    lat.sort((x, y) => x - y)
    console.log(n, 'put c', c, 'p50', (lat[lat.length >> 1] * 1000).toFixed(0), 'us', Math.round(N / (performance.now() - t0) * 1000), '/s')
    const lat2 = []; k = 0; const t1 = performance.now()
    await Promise.all(Array.from({ length: c }, async () => { while (k < N) { const i = k++; const s = performance.now(); await nodes[1].dht.get('p' + (i % 1000)); lat2.push(performance.now() - s) } }))
    lat2.sort((x, y) => x - y)
    console.log(n, 'get c', c, 'p50', (lat2[lat2.length >> 1] * 1000).toFixed(0), 'us', Math.round(N / (performance.now() - t1) * 1000), '/s')
  }
  const loc = performance.now(); for (let i = 0; i < 200000; i++) await a.dht.get('p1', { level: 'local' }); console.log('local get', ((performance.now() - loc) / 200000 * 1e6).toFixed(0), 'ns')
  const st = performance.now(); for (let i = 0; i < 200000; i++) await a.store.read('p1'); console.log('store.read', ((performance.now() - st) / 200000 * 1e6).toFixed(0), 'ns')
  await Promise.all(nodes.map(stopNode))
}
process.exit()
