import { describe, expect, test } from '@jest/globals'
import { installedBuilds, lockedPackages } from '../src/lockfile.js'
import * as supply from '../src/supply-chain.js'
import { tree } from './tree.js'

const integrity = { integrity: 'sha512-AAAA' }
const locked = (name: string, version: string, resolution = integrity) => ({
  name,
  version,
  resolution,
})

const floors: supply.Floors = {
  floors: [
    { package: 'p', min: '5.1.22', why: 'a hole' },
    { package: 'old', min: '4.0.0', why: 'a hole', except: { version: '3.1.0', why: 'tests' } },
  ],
  banned: [{ pattern: '^@old/', why: 'superseded' }],
  releaseAgeExclusions: [{ package: 'p', why: 'CVE' }],
  builds: [{ package: 'node', why: 'binary' }],
  audit: { available: false, why: 'none' },
}
const excepted = locked('old', '3.1.0')

const settings = {
  allowBuilds: { node: true, classic: false },
  minimumReleaseAge: 10_080,
  minimumReleaseAgeExclude: ['p'],
  blockExoticSubdeps: true,
  trustPolicy: 'no-downgrade',
}

test('versions are compared by number, and a prerelease is below its release', () => {
  expect(supply.compareVersions('5.1.9', '5.1.22')).toBeLessThan(0)
  expect(supply.compareVersions('10.0.0', '9.9.9')).toBeGreaterThan(0)
  expect(supply.compareVersions('5.1.22-rc.1', '5.1.22')).toBeLessThan(0)
  expect(supply.compareVersions('5.1.22', '5.1.22')).toBe(0)
})

describe('floors', () => {
  test('met, and not met', () => {
    expect(supply.floorProblems([locked('p', '5.1.22'), excepted], floors)).toEqual([])
    expect(supply.floorProblems([locked('p', '5.1.21'), excepted], floors)).toHaveLength(1)
  })

  test('an exception holds for one version, and goes when it is not needed', () => {
    expect(supply.floorProblems([locked('old', '3.0.9'), excepted], floors)).toHaveLength(1)
    expect(supply.floorProblems([], floors).join()).toContain('drop the exception')
  })
})

test('a banned package is found', () => {
  expect(supply.bannedProblems([locked('@old/x', '1.0.0')], floors)).toHaveLength(1)
  expect(supply.bannedProblems([locked('@new/x', '1.0.0')], floors)).toEqual([])
})

describe('settings of pnpm', () => {
  test.each([
    ['no waiting time', { minimumReleaseAge: 60 }, 'below a week'],
    ['exotic dependencies', { blockExoticSubdeps: false }, 'blockExoticSubdeps'],
    ['lost trust', { trustPolicy: 'off' }, 'trustPolicy'],
    ['an unexplained exclusion', { minimumReleaseAgeExclude: ['p', 'q'] }, 'without an advisory'],
    ['a stale explanation', { minimumReleaseAgeExclude: [] }, 'does not exclude it'],
  ])('%s', (_name, planted, expected) => {
    expect(supply.settingsProblems({ ...settings, ...planted }, floors).join()).toContain(expected)
  })

  test('as they should be', () => {
    expect(supply.settingsProblems(settings, floors)).toEqual([])
  })
})

describe('build scripts', () => {
  test('each package that runs code on installation is decided on', () => {
    expect(supply.buildProblems(['node', 'classic'], settings, floors)).toEqual([])
    expect(supply.buildProblems(['evil'], settings, floors).join()).toContain('evil runs code')
  })

  test('each permission has a reason', () => {
    const allowed = { ...settings, allowBuilds: { evil: true } }
    expect(supply.buildProblems([], allowed, floors).join()).toContain('without a reason')
  })

  test('scripts and native builds are found in the installed tree', () => {
    const store = 'node_modules/.pnpm'
    const root = tree({
      [`${store}/a@1/node_modules/a/package.json`]: { name: 'a', scripts: { postinstall: 'x' } },
      [`${store}/s@1/node_modules/@s/b/package.json`]: { name: '@s/b' },
      [`${store}/s@1/node_modules/@s/b/binding.gyp`]: '{}',
      [`${store}/c@1/node_modules/c/package.json`]: { name: 'c', scripts: { test: 'x' } },
    })
    expect(installedBuilds(root)).toEqual(['@s/b', 'a'])
  })
})

describe('the lockfile', () => {
  test('names, versions and resolutions are read', () => {
    const root = tree({
      'pnpm-lock.yaml': `packages:\n  '@s/a@1.2.3':\n    resolution: {integrity: sha512-AAAA}\n`,
    })
    expect(lockedPackages(root)).toEqual([locked('@s/a', '1.2.3')])
  })

  test('only registry packages pinned by sha512 pass', () => {
    const strange = [
      { tarball: 'https://example.invalid/a.tgz', integrity: 'sha512-AAAA' },
      { type: 'git', repo: 'x', commit: 'y' },
      { integrity: 'sha1-AAAA' },
      { directory: '../x', type: 'directory' },
    ]
    for (const resolution of strange) {
      expect(supply.resolutionProblems([{ name: 'a', version: '1', resolution }])).toHaveLength(1)
    }
    expect(supply.resolutionProblems([locked('a', '1')])).toEqual([])
  })
})
