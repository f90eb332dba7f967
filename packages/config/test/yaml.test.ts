import { describe, expect, test } from '@jest/globals'
import * as fc from 'fast-check'
import { codeOf } from '@bzzz/base'
import { ALIASES_MAX, DEPTH_MAX, FILE_BYTES_MAX, isTooDeep } from '../src/yaml-document.js'
import { coordinatorFields } from '../src/coordinator-fields.js'
import { loadCoordinator, loadSmall, problemsOf, sentencesOf, yaml } from './helpers.js'

const byText = (a = '', b = ''): number => (a < b ? -1 : 1)

const withAliases = (count: number): string =>
  `bzzz:\n  http: { port: &p 7, timeout: 1s }\nx: [${'*p,'.repeat(count)}]\n`

const refusal = (text: string): string => sentencesOf(() => loadSmall(yaml(text))).join('\n')

describe('what a file may say', () => {
  test('nothing', () => {
    for (const text of ['', '# only a comment\n', '---\n', 'bzzz:\n', 'bzzz:\n  http: ~\n'])
      expect(loadSmall(yaml(text)).config.port).toBe(4280)
  })

  test('scalars quoted or plain, folded or literal, all by one grammar', () => {
    for (const value of ['5s', '"5s"', "'5s'", '"5\\x73"', '|\n      5s\n', '>-\n      5s'])
      expect(loadSmall(yaml(`bzzz:\n  http:\n    timeout: ${value}\n`)).config.timeoutMs).toBe(5000)
    expect(refusal('bzzz: { http: { port: 0x10 } }')).toMatch(/"0x10" is not a whole number/)
  })

  test('aliases of values, lists and sections', () => {
    const text = 'bzzz:\n  names: &all [a, &b b, *b]\n  http: &h { port: 7 }\n'
    expect(loadSmall(yaml(text)).config.names).toEqual(['a', 'b', 'b'])
    expect(refusal('bzzz: { names: [*nowhere] }')).toMatch(
      /^bzzz.yaml:1:17: nothing is anchored as "nowhere"$/,
    )
  })

  test.each([
    ['bzzz: [', /bzzz.yaml:\d:\d+: /],
    ['bzzz:\n\thttp: 1', /bzzz.yaml:2:1: /],
    ['- a', /bzzz.yaml:1:1: the file is no section; write below it: bzzz/],
    ['text', /the file is no section/],
    ['bzzz: 5', /bzzz is no section; write below it: http, names/],
    ['bzzz: { http: { port: [1] } }', /this is no single value/],
    ['bzzz: { http: { port: } }', /it has no value/],
    ['bzzz: { http: { port: null } }', /it has no value/],
    ['bzzz: { http: { port: "" } }', /it has no value/],
    ['bzzz: { names: a }', /this is no list; write below it: - a$/],
    ['bzzz: { names: [a,b,c,a,b] }', /has 5 items; write at most 4/],
    ['bzzz: { http: { port: !!binary x } }', /tag/i],
    ['bzzz: { http: { port: !evil x } }', /tag/i],
    ['%YAML 1.1\n---\nbzzz: {}', /%YAML directive/],
    ['bzzz: {}\n---\nbzzz: {}', /documents/],
    ['? [a]\n: 1', /key/i],
    ['constructor: 1', /"constructor" is refused/],
    ['bzzz: { prototype: { a: 1 } }', /"prototype" is refused/],
    ['bzzz: &a { http: *a }', /http|alias/],
  ])('refuses %j', (text, sentence) => expect(refusal(text)).toMatch(sentence))
})

describe('limits', () => {
  test('size', () => {
    const text = `bzzz: {}\n#${'x'.repeat(FILE_BYTES_MAX - 10)}`
    expect(text).toHaveLength(FILE_BYTES_MAX)
    expect(refusal(text)).toBe('')
    expect(refusal(`${text}x`)).toMatch(/more than 256 KiB/)
  })

  test('aliases', () => {
    expect(refusal(withAliases(ALIASES_MAX))).not.toMatch(/aliases/)
    expect(refusal(withAliases(ALIASES_MAX + 1))).toMatch(/51 aliases; use at most 50/)
  })

  test('depth, in brackets, dashes and indentation', () => {
    const deep = 5000
    const indented = Array.from({ length: 200 }, (_, at) => `${' '.repeat(at)}a:`).join('\n')
    for (const text of [
      '['.repeat(deep),
      `{a: ${'{a: '.repeat(deep)}`,
      '- '.repeat(deep),
      indented,
    ])
      expect(refusal(text)).toMatch(new RegExp(`deeper than ${DEPTH_MAX}`))
    expect(refusal('['.repeat(DEPTH_MAX))).not.toMatch(/deeper/)
    expect(refusal(`bzzz: {}\n${' '.repeat(70)}# aligned with what stands above\n`)).toBe('')
  })

  test('no spaces make the check of the depth slow', () => {
    const lines = [`${'-         '.repeat(31)}x`, ' '.repeat(100_000), `- ${' '.repeat(100_000)}x`]
    const startedMs = performance.now()
    for (const line of lines) expect(isTooDeep(`${line}\n`.repeat(2))).toBe(false)
    expect(performance.now() - startedMs).toBeLessThan(1000)
  })

  test('a bomb of 10 KiB is refused in a moment', () => {
    const lines = Array.from(
      { length: 200 },
      (_, at) => `a${at + 1}: &a${at + 1} [${`*a${at},`.repeat(9)}]`,
    )
    const bomb = `a0: &a0 [lol]\n${lines.join('\n')}\nbzzz: { names: *a200 }\n`
    expect(bomb.length).toBeGreaterThan(10 * 1024)
    const startedMs = performance.now()
    expect(refusal(bomb)).toMatch(/1801 aliases/)
    expect(performance.now() - startedMs).toBeLessThan(1000)
  })

  test('30,000 keys in one section take no square of the time', () => {
    const text = Array.from({ length: 30_000 }, (_, at) => `k${at}:`).join('\n')
    const startedMs = performance.now()
    expect(problemsOf(() => loadSmall(yaml(text))).length).toBeGreaterThan(0)
    expect(performance.now() - startedMs).toBeLessThan(5000)
  })
})

test('control characters of a file or a variable reach no terminal', () => {
  const escape = '\u001b[31m\u009b'
  const sentences = [
    refusal(`bzzz: { ${escape}: "`),
    refusal(`bzzz: { names: [${escape}] }`),
    refusal(`bzzz: !${escape} {}`),
    sentencesOf(() => loadSmall({ env: { [`BZZZ_${escape}`]: '1' } })).join(''),
  ]
  for (const sentence of sentences) {
    expect(sentence).not.toBe('')
    expect(sentence.replaceAll('\n', '')).not.toMatch(/\p{Cc}/u)
  }
})

test('no file changes the prototype of anything', () => {
  const texts = [
    'bzzz: { __proto__: { polluted: 1 } }',
    '__proto__: { polluted: 1 }',
    'bzzz: { constructor: { prototype: { polluted: 1 } } }',
    '"__proto__": { polluted: 1 }',
    'bzzz: { http: { ? __proto__ : { polluted: 1 } } }',
  ]
  for (const text of texts) expect(problemsOf(() => loadSmall(yaml(text)))).not.toHaveLength(0)
  for (const env of [{ BZZZ___PROTO__: '1' }, { BZZZ_CONSTRUCTOR: '1' }])
    expect(problemsOf(() => loadSmall({ env }))).not.toHaveLength(0)
  const overrides = JSON.parse('{"__proto__": "1", "constructor": "1"}') as Record<string, string>
  expect(problemsOf(() => loadSmall({ overrides }))).toHaveLength(2)
  expect('polluted' in {}).toBe(false)
})

test('1,000 random documents give a configuration or a typed refusal', () => {
  const names = [...new Set(coordinatorFields.named.flatMap(({ path }) => path.split('.')))]
  const key = fc.oneof(fc.constantFrom(...names, '__proto__', '<<', 'bzzz'), fc.string())
  const examples = coordinatorFields.named.map((each) => each.example)
  const leaf = fc.oneof(
    fc.constantFrom(...examples, 'true', '30', '*a', '&a x', '!!js/x 1', '~'),
    fc.string({ unit: 'binary' }),
  )
  const document = fc.letrec((tie) => ({
    node: fc.oneof(
      { maxDepth: 5, withCrossShrink: true },
      leaf,
      fc.array(tie('node'), { maxLength: 4 }).map((items) => `[${items.join(', ')}]`),
      fc
        .array(fc.tuple(key, tie('node')), { maxLength: 4 })
        .map(
          (pairs) => `{${pairs.map(([name, value]) => `${name}: ${String(value)}`).join(', ')}}`,
        ),
    ),
  })).node
  const outcomes = new Map<string | undefined, number>()
  const check = (text: string): void => {
    let outcome: string | undefined = 'loaded'
    try {
      loadCoordinator(yaml(text))
    } catch (error) {
      outcome = codeOf(error)
    }
    outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1)
  }
  fc.assert(fc.property(fc.oneof(document.map(String), fc.string({ unit: 'binary' })), check), {
    numRuns: 1000,
  })
  const valid = fc.subarray([...coordinatorFields.named]).map((fields) =>
    fields
      .filter((each) => each.selects === undefined)
      .map(({ path, example, type }) => {
        const value =
          type.list === undefined ? JSON.stringify(example) : JSON.stringify(example.split(','))
        return path
          .split('.')
          .toReversed()
          .reduce((inner, name) => `{ ${name}: ${inner} }`, value)
      }),
  )
  fc.assert(
    fc.property(valid, (texts) => texts.forEach(check)),
    { numRuns: 50 },
  )
  expect([...outcomes.keys()].toSorted(byText)).toEqual(['CONFIG_INVALID', 'loaded'])
  for (const count of outcomes.values()) expect(count).toBeGreaterThan(50)
})
