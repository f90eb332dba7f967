import { readFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import { privileged } from '@bzzz-tooling/jest-preset/lane'
import { Load } from '../../src/load/load.js'
import { reasonWithoutNamespaces } from '../../src/privileges.js'
import { blocksOf, type Block } from '../../src/rollout/guide.js'
import { OperatorShell } from '../../src/rollout/shell.js'
import { Site } from '../../src/site.js'

const GUIDE = readFileSync(join(process.cwd(), '../../docs/rollout.md'), 'utf8')

/** Enough for clients to notice everything, little enough for a busy machine. */
const PER_SECOND = 50

const fileOf = (blocks: readonly Block[], language: string): string => {
  const block = blocks.find((each) => each.language === language)
  if (block === undefined) throw new Error(`the guide shows no ${language} file`)
  return `${block.text}\n`
}

describe('the guide to a rollout', () => {
  const blocks = blocksOf(GUIDE)

  test('has a part for each of its promises, and nothing in it but commands and files', () => {
    expect(new Set(blocks.map(({ section }) => section))).toEqual(
      new Set([
        'Before you begin: the checklist',
        'By the file',
        'By the environment',
        'Monitoring',
        'Rollback',
      ]),
    )
    expect(new Set(blocks.map(({ language }) => language))).toEqual(new Set(['sh', 'yaml', 'env']))
  })

  test('a block is read whole, with the mark that stands before it', () => {
    const text = '## A\n<!-- on one node -->\n\n```sh\na\n\nb\n```\n## B\n```env\nX=1\n```\n'
    expect(blocksOf(text)).toEqual([
      { section: 'A', language: 'sh', text: 'a\n\nb', isOnOne: true },
      { section: 'B', language: 'env', text: 'X=1', isOnOne: false },
    ])
    expect(() => blocksOf('```sh\na')).toThrow('has no end')
  })
})

privileged('the rollout of coordinators, as its guide says', reasonWithoutNamespaces(), () => {
  describe('BZZZ DHT, real processes', () => {
    test('mixed hybrid: every command of the guide, by the file and by the environment, under load, loses nothing', async () => {
      const blocks = blocksOf(GUIDE)
      await using site = await Site.start({
        count: 3,
        files: { 'hybrid.yaml': fileOf(blocks, 'yaml'), 'rollout.env': fileOf(blocks, 'env') },
        args: (directory) => ['--config', join(directory, 'hybrid.yaml')],
      })
      await using shell = await OperatorShell.open(
        join(site.cluster.directory, 'commands'),
        site.nodes,
      )
      await using load = new Load({
        nodes: site.nodes,
        perSecond: PER_SECOND,
        seed: 5,
        name: 'rollout',
      }).start()
      const settings: string[] = []
      for (const { language, text, isOnOne, section } of blocks) {
        if (language === 'env')
          for (const { directory } of site.nodes)
            await writeFile(join(directory, 'rollout.env'), `${text}\n`)
        if (language !== 'sh') continue
        for (const { index } of isOnOne ? site.nodes.slice(0, 1) : site.nodes)
          await shell.run(index, text)
        const rows = await Promise.all(site.nodes.map(({ index }) => site.operator(index).row()))
        const [setting, ...others] = new Set(rows.map(({ mode, percent }) => `${mode} ${percent}`))
        expect({ section, text, others }).toEqual({ section, text, others: [] })
        if (settings.at(-1) !== setting) settings.push(setting ?? '')
      }
      const phases = ['hybrid 10', 'hybrid 100', 'real 100', 'mock 100']
      expect(settings.join(', ')).toContain(phases.join(', '))
      expect(settings.filter((setting) => setting === 'real 100')).toHaveLength(2)
      for (const { index } of site.nodes)
        await site.operator(index).setMode({ mode: 'hybrid', percent: 100 })
      const calls = await load.stop()
      await site.calm()
      expect(await site.judge(calls)).toEqual([])
      // What was refused, as against what a busy machine answered too late.
      const failures = site.failures(calls, 0).filter((call) => !call.includes('CLIENT_TIMEOUT'))
      expect(failures).toEqual([])
    }, 600_000)
  })
})
