import { expect, test } from '@jest/globals'
import { createChildren } from '../src/children.js'

// Starts a grandchild that would run for a while and that holds the pipe which it inherits.
const parent = `
  const { spawn } = require('node:child_process')
  const script = 'console.log("started"); setTimeout(() => {}, 20000)'
  spawn(process.execPath, ['-e', script], { stdio: 'inherit' })
`

test('passes on the exit code and the lines of both streams', async () => {
  const lines: string[] = []
  const script = 'console.log("out"); console.error("err"); process.exitCode = 3'
  const code = await createChildren().run(process.execPath, ['-e', script], { cwd: '.' }, (line) =>
    lines.push(line),
  )
  expect(code).toBe(3)
  expect(lines.toSorted()).toEqual(['err', 'out'])
})

test('an interrupt ends the child and what the child started; nothing starts afterwards', async () => {
  const children = createChildren()
  // run() resolves when the pipe is closed: only when the grandchild has ended too.
  const code = await children.run(process.execPath, ['-e', parent], { cwd: '.' }, () =>
    children.interrupt(),
  )
  expect(code).toBe(1)
  expect(await children.run(process.execPath, ['-e', ''], { cwd: '.' }, () => {})).toBe(1)
})
