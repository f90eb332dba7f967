import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from '@jest/globals'
import { bzzzOn, startDaemon, temporaryDirectory } from './support/daemon.js'

const root = join(import.meta.dirname, '../../..')

/** The commands of the block under a heading of the project's README. */
const commandsUnder = (readme: string, heading: string): readonly (readonly string[])[] => {
  const section = readme.split(`## ${heading}\n`)[1] ?? ''
  const block = /```sh\n(.*?)```/s.exec(section)?.[1] ?? ''
  return block
    .trim()
    .split('\n')
    .map((line) => Array.from(line.matchAll(/"([^"]*)"|\S+/g), ([word, quoted]) => quoted ?? word))
}

test('the ten-line session of the README works as printed', async () => {
  const readme = await readFile(join(root, 'README.md'), 'utf8')
  await using directory = await temporaryDirectory()
  await using daemon = await startDaemon(directory.path)
  const run = bzzzOn(daemon.dataDirectory)
  const outputs: string[] = []
  const commands = commandsUnder(readme, 'Ten lines')
  expect(commands).toHaveLength(10)
  for (const [npx, program, ...args] of commands) {
    expect([npx, program]).toEqual(['npx', 'bzzz'])
    const { code, stdout, stderr } = await run(args, { cwd: root })
    expect({ args, code, stderr: code === 0 ? '' : stderr }).toEqual({ args, code: 0, stderr: '' })
    outputs.push(stdout)
  }
  expect(outputs[1]).toContain('ship on Friday')
  expect(JSON.parse(outputs[3] ?? '')).toMatchObject({ key: 'notes/plan', value: 'ship on Monday' })
  expect(outputs[5]).toBe(await readFile(join(root, 'docs/config.md'), 'utf8'))
  expect(outputs[7]).toContain('ready')
})
