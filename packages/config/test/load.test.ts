import { describe, expect, test } from '@jest/globals'
import { explain, formatExplained } from '../src/explain.js'
import { PROBLEMS_MAX } from '../src/errors.js'
import { spyConfig } from '../src/spy.js'
import { loadSmall, problemsOf, sentencesOf, smallTable, yaml } from './helpers.js'

const FILE = yaml('bzzz:\n  http:\n    port: 1\n')

describe('sources', () => {
  test('defaults', () => {
    expect(loadSmall({}).config).toEqual({
      port: 4280,
      timeoutMs: 1000,
      names: [],
      keyword: 'swordfish',
      directory: undefined,
    })
  })

  test('file beats default, environment beats file, flag beats environment', () => {
    expect(loadSmall(FILE).config.port).toBe(1)
    const env = { BZZZ_HTTP_PORT: '2', HOME: '/root' }
    expect(loadSmall({ ...FILE, env }).config.port).toBe(2)
    const all = loadSmall({ ...FILE, env, overrides: { 'http-port': '3', names: undefined } })
    expect(all.config.port).toBe(3)
    expect(all.origins.port).toEqual({
      place: { source: 'flag', flag: 'http-port' },
      overridden: [
        { source: 'file', file: 'bzzz.yaml', line: 3, column: 11 },
        { source: 'environment', variable: 'BZZZ_HTTP_PORT' },
      ],
    })
  })

  test('the configuration cannot be changed', () => {
    expect(Object.isFrozen(loadSmall({}).config)).toBe(true)
  })
})

test('every mistake of every source is listed at once, with its place and a suggestion', () => {
  const text = `bzzz:
  http:
    prot: 80
    port: 0
    port: 80
    timeout: 30
  names: [a, x, [b]]
  __proto__: { polluted: true }
<<: 5
htp: {}
`
  const env = { BZZZ_HTTP_TIMEOUT: '5x', BZZZ_NAME: 'a', BZZZ_KEYWORD: 'hunter2', OTHER_X: 'y' }
  const overrides = { 'http-prot': '5', directory: '' }
  expect(sentencesOf(() => loadSmall({ ...yaml(text), env, overrides }))).toEqual([
    'bzzz.yaml:3:5: no setting is called "bzzz.http.prot"; did you mean port?',
    'bzzz.yaml:4:11: bzzz.http.port: 0 is out of range; write a number from 1 to 65535',
    'bzzz.yaml:5:5: "bzzz.http.port" is stated twice; remove one of them',
    'bzzz.yaml:6:14: bzzz.http.timeout: 30 has no unit; write 30s for seconds, 30ms for milliseconds or 30m for minutes',
    'bzzz.yaml:7:14: bzzz.names: "x" is not one of a, b, c',
    'bzzz.yaml:7:17: bzzz.names: an item is no single value; write for example a',
    'bzzz.yaml:8:3: the key "__proto__" is refused; remove it',
    'bzzz.yaml:9:1: merge keys (<<) are not read; write the settings out',
    'bzzz.yaml:10:1: no setting is called "htp"; remove it',
    'BZZZ_HTTP_TIMEOUT: bzzz.http.timeout: "5x" is not a duration; write a number and a unit: 500ms, 30s, 5m, 1h, 1h30m',
    'BZZZ_NAME: no setting has this name; did you mean BZZZ_NAMES?',
    'BZZZ_KEYWORD: bzzz.keyword: the value is not of the form that this secret has; write `open-sesame`, `swordfish`',
    '--http-prot: no setting has the flag "http-prot"; did you mean --http-port?',
    '--directory: bzzz.directory: the value is empty; write for example /tmp, or leave it out',
  ])
})

test('a message stays short however many problems there are', () => {
  const text = Array.from({ length: 5000 }, (_, at) => `k${at}: 1`).join('\n')
  const load = (): unknown => loadSmall(yaml(text))
  expect(problemsOf(load)).toHaveLength(PROBLEMS_MAX)
  expect(load).toThrow(/^the configuration has 5000 problems:\n.{0,8000}\n {2}and 4950 more$/s)
})

describe('environment', () => {
  test('empty: an empty list, an error for anything else', () => {
    expect(loadSmall({ env: { BZZZ_NAMES: '' } }).config.names).toEqual([])
    expect(sentencesOf(() => loadSmall({ env: { BZZZ_HTTP_PORT: ' ' } }))).toHaveLength(1)
  })

  test('variables without our prefixes, and those that others read, are left alone', () => {
    const env = {
      PATH: '/bin',
      bzzz_x: '1',
      BZZZ: '1',
      BZZZ_CONFIG_FILE: 'x.yaml',
      BZZZ_X: undefined,
    }
    expect(loadSmall({ env }).config).toEqual(loadSmall({}).config)
  })

  test('variables that Kubernetes makes of service names are left alone', () => {
    const env = {
      BZZZ_COORDINATOR_SERVICE_HOST: '10.0.0.1',
      BZZZ_COORDINATOR_SERVICE_PORT: '8080',
      BZZZ_COORDINATOR_SERVICE_PORT_HTTP: '8080',
      BZZZ_COORDINATOR_PORT: 'tcp://10.0.0.1:8080',
      BZZZ_COORDINATOR_PORT_8080_TCP: 'tcp://10.0.0.1:8080',
      BZZZ_COORDINATOR_PORT_8080_TCP_PROTO: 'tcp',
      BZZZ_COORDINATOR_PORT_8080_TCP_PORT: '8080',
      BZZZ_COORDINATOR_PORT_8080_TCP_ADDR: 'fd00::1',
    }
    expect(loadSmall({ env }).config.port).toBe(4280)
    for (const [name, value] of Object.entries(env))
      expect(problemsOf(() => loadSmall({ env: { [name]: `${value} x` } }))).toHaveLength(1)
  })

  test('a service called like a section of ours is told', () => {
    const env = { BZZZ_HTTP_PORT: 'tcp://10.0.0.1:80' }
    expect(sentencesOf(() => loadSmall({ env }))[0]).toMatch(/a service of this name set it/)
  })
})

describe('explain', () => {
  const loaded = loadSmall({
    ...FILE,
    env: { BZZZ_HTTP_PORT: '2', BZZZ_KEYWORD: 'open-sesame' },
    overrides: { names: 'a,b' },
  })
  const rows = explain(smallTable, loaded)

  test('value, source, place and what was overridden', () => {
    expect(rows.map((row) => [row.path, row.value, row.source, row.place])).toEqual([
      ['bzzz.http.port', '2', 'env', 'BZZZ_HTTP_PORT'],
      ['bzzz.http.timeout', '1s', 'default', undefined],
      ['bzzz.names', 'a,b', 'flag', '--names'],
      ['bzzz.keyword', '(secret)', 'env', 'BZZZ_KEYWORD'],
      ['bzzz.directory', '', 'default', undefined],
    ])
    expect(rows[0]?.overrides).toEqual(['bzzz.yaml:3:11'])
  })

  test('no secret leaves it', () => {
    expect(JSON.stringify(rows) + formatExplained(rows)).not.toMatch(/sesame|swordfish/)
    expect(formatExplained(rows)).toContain('overrides bzzz.yaml:3:11')
  })
})

test('a spied configuration knows what was read', () => {
  const { config } = loadSmall({})
  const spy = spyConfig(config)
  expect(spy.config.port + spy.config.timeoutMs).toBe(5280)
  expect([...spy.read].toSorted()).toEqual(['port', 'timeoutMs'])
  expect({ ...spy.config }).toEqual(config)
  expect(spy.read.size).toBe(5)
})
