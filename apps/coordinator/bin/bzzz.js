#!/usr/bin/env node
// Plain JavaScript without imports: it must parse on old Nodes, so that this message is readable.
const [major, minor] = process.versions.node.split('.').map(Number)
if (major < 22 || (major === 22 && minor < 13)) {
  console.error(
    'bzzz needs Node 22.13 or newer; this is ' +
      process.version +
      '.\nIn a clone of the project, `npm start` brings its own Node 24. Elsewhere: `npx --package=node@24 --package=@bzzz/coordinator bzzz`.',
  )
  process.exit(1)
}
await import('../dist/main.js')
