/**
 * Suites that start processes, bind sockets or measure time. They run one at a time, with
 * nothing beside them: a busy machine must not decide whether they pass.
 */
export const aloneSuites = [
  '@bzzz/store',
  '@bzzz/libp2p-host',
  '@bzzz/dht-libp2p',
  '@bzzz/coordinator',
  '@bzzz-tooling/cluster',
]

/** @typedef {{ title: string, tasks: string[], concurrency: number, filters: string[] }} Stage */

/** The stages of the test lane, in order. @type {Stage[]} */
export const stages = [
  {
    title: 'build, types, lint, package formats',
    tasks: ['build', 'typecheck', 'lint:root', 'check:package'],
    concurrency: 2,
    filters: [],
  },
  {
    title: 'tests',
    tasks: ['test'],
    concurrency: 2,
    filters: aloneSuites.map((name) => `!${name}`),
  },
  { title: 'tests that run alone', tasks: ['test'], concurrency: 1, filters: aloneSuites },
  {
    title: 'checks of the repository and of the packed packages',
    tasks: ['check:repo', 'check:packed'],
    concurrency: 1,
    filters: [],
  },
]

/** @type {(stage: Stage) => string[]} */
export const turboArguments = ({ tasks, filters }) => [
  'run',
  ...tasks,
  ...filters.map((filter) => `--filter=${filter}`),
]

/** Builds that a later stage repeats from the cache are counted once. @type {(stage: Stage, task: string) => boolean} */
export const belongsTo = ({ tasks }, task) => tasks.includes(task)
