import { realMesh, stopNode } from './test/real.js'
const nodes = await realMesh(3)
const [a] = nodes
const v = new Uint8Array(256)
const N = 4000; let k = 0
const t0 = performance.now(); const lat=[]
await Promise.all(Array.from({ length: 64 }, async () => { while (k < N) { const i = k++; const s=performance.now(); await a.dht.put('p' + (i % 1000), v); lat.push(performance.now()-s) } }))
lat.sort((x,y)=>x-y)
console.log('put', Math.round(N / (performance.now() - t0) * 1000), '/s', lat[lat.length>>1], lat[lat.length*.99|0])
process.exit()
