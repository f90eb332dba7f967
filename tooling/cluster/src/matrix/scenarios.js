/** The customer's scenarios, and the column of the matrix in which each counts. @type {Readonly<Record<string, Column>>} */
export const scenarioColumns = {
  'pure mock': 'Mock',
  'pure real': 'Real',
  'mixed hybrid': 'Hybrid',
  fallback: 'Failure scenario',
  recovery: 'Failure scenario',
  'network partition': 'Failure scenario',
  load: 'Hybrid',
}

/** @typedef {'Mock' | 'Real' | 'Hybrid' | 'Failure scenario'} Column */

/** @type {readonly Column[]} */
export const columns = ['Mock', 'Real', 'Hybrid', 'Failure scenario']

/**
 * @typedef {object} MatrixRow
 * @property {string} component
 * @property {string} ground what the nodes of the test stand on
 * @property {string} scenario
 * @property {string} title what the test shows
 * @property {boolean} passed
 */

/** Of `BZZZ DHT, real processes`: the component and what its nodes stand on. @type {(suite: string) => { component: string, ground: string }} */
const groundOf = (suite) => {
  const [component = '', ground = 'simulated network and time'] = suite.split(', ')
  return { component, ground }
}

/** The row of a test; undefined for one that belongs to no scenario. @type {(suite: string, name: string, passed: boolean) => MatrixRow | undefined} */
export const rowOf = (suite, name, passed) => {
  const [scenario = '', ...rest] = name.split(': ')
  if (!Object.hasOwn(scenarioColumns, scenario) || rest.length === 0) return undefined
  return { ...groundOf(suite), scenario, title: rest.join(': '), passed }
}

/** @typedef {{ testResults: { assertionResults: { ancestorTitles: string[], title: string, status: string }[] }[] }} JestResults */

/** @type {(results: JestResults) => MatrixRow[]} */
export const rowsOf = (results) =>
  results.testResults
    .flatMap(({ assertionResults }) => assertionResults)
    .map(({ ancestorTitles, title, status }) =>
      rowOf(ancestorTitles[0] ?? '', title, status === 'passed'),
    )
    .filter((row) => row !== undefined)
