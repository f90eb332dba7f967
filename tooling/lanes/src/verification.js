import { cpus, release, totalmem } from 'node:os'
import { seconds } from './run-stages.js'

/**
 * @typedef {object} Circumstances
 * @property {string} commit
 * @property {boolean} changed whether the working tree differed from the commit
 * @property {string} date as YYYY-MM-DD
 * @property {string} machine
 *
 * @typedef {object} Figure a measured figure beside the promise, as suites leave them in .results/figures.json
 * @property {string} suite
 * @property {string} name
 * @property {string} promised
 * @property {string} measured
 */

/** Cores, memory, kernel and Node; no names, no paths. @type {() => string} */
export const machine = () =>
  `${cpus().length} cores, ${Math.round(totalmem() / 2 ** 30)} GiB, ${process.platform} ${release()}, Node ${process.versions.node}`

/** @type {(text: string) => string} */
const cell = (text) => text.replaceAll('|', '\\|').replaceAll('\n', ' ')

/** @type {(figures: readonly Figure[]) => string[]} */
const figureLines = (figures) =>
  figures.length === 0
    ? []
    : [
        '## Figures',
        '',
        '| suite | figure | promised | measured |',
        '| --- | --- | --- | --- |',
        ...figures.map(
          ({ suite, name, promised, measured }) =>
            `| ${[suite, name, promised, measured].map(cell).join(' | ')} |`,
        ),
        '',
      ]

/** The text of docs/verification.md. @type {(run: Circumstances, total: import('./tally.js').Tally, sums: { passed: number, failed: number }, figures?: readonly Figure[]) => string} */
export const verificationDocument = (
  { commit, changed, date, machine: on },
  total,
  sums,
  figures = [],
) => {
  const tested = total.rows.filter(({ name }) => /(#test|^check:repo|^check:packed)$/.test(name))
  const single = total.rows.filter((row) => !tested.includes(row))
  const broken = single.filter(({ failed }) => failed > 0)
  const rows = tested.map(
    ({ name, passed, failed, durationMs }) =>
      `| ${cell(name.replace('#test', ''))} | ${passed} | ${failed} | ${seconds(durationMs)} |`,
  )
  return [
    '# Verification',
    '',
    'Written by `pnpm verify:long`, which runs the whole of what `npm test` runs a share of, without any cache.',
    '',
    `- commit: \`${commit}\`${changed ? ', with uncommitted changes' : ''}`,
    `- date: ${date}`,
    `- machine: ${on}`,
    `- result: **${sums.passed} passed, ${sums.failed} failed**`,
    '',
    '| suite | passed | failed | duration |',
    '| --- | ---: | ---: | ---: |',
    ...rows,
    `| builds, types, lint, package formats | ${single.length - broken.length} | ${broken.length} | ${seconds(single.reduce((sum, row) => sum + row.durationMs, 0))} |`,
    '',
    ...figureLines(figures),
    '## Not run here',
    '',
    ...(total.notRun.length === 0
      ? ['Nothing was left out.']
      : total.notRun.map(({ name, reason }) => `- ${cell(name)}: ${cell(reason)}`)),
    '',
  ].join('\n')
}
