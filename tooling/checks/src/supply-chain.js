/**
 * @typedef {import('./lockfile.js').Locked} Locked
 * @typedef {import('./lockfile.js').PnpmSettings} PnpmSettings
 *
 * @typedef {object} Floor
 * @property {string} package
 * @property {string} min
 * @property {string} why
 * @property {{ version: string, why: string }} [except] one lower version that is accepted
 *
 * @typedef {object} Floors
 * @property {Floor[]} floors
 * @property {{ pattern: string, why: string }[]} banned
 * @property {{ package: string, why: string }[]} releaseAgeExclusions
 * @property {{ package: string, why: string }[]} builds
 * @property {{ available: boolean, why: string }} audit
 */

const weekMinutes = 7 * 24 * 60

/** Negative, zero or positive, as for sorting; a prerelease is older than its release. @type {(a: string, b: string) => number} */
export const compareVersions = (a, b) => {
  const [aCore = '', aPre] = a.split('-', 2)
  const [bCore = '', bPre] = b.split('-', 2)
  const left = aCore.split('.').map(Number)
  const right = bCore.split('.').map(Number)
  for (let i = 0; i < 3; i++) {
    const difference = (left[i] ?? 0) - (right[i] ?? 0)
    if (difference !== 0) return difference
  }
  return Number(aPre === undefined) - Number(bPre === undefined)
}

/** @type {(locked: Locked[], floors: Floors) => string[]} */
export const floorProblems = (locked, { floors }) => [
  ...floors.flatMap(({ package: name, min, why, except }) =>
    locked
      .filter((one) => one.name === name && one.version !== except?.version)
      .filter(({ version }) => compareVersions(version, min) < 0)
      .map(({ version }) => `${name}@${version} is below ${min}: ${why}`),
  ),
  ...floors.flatMap(({ package: name, except }) =>
    except !== undefined &&
    !locked.some((one) => one.name === name && one.version === except.version)
      ? [`${name}@${except.version} is excepted from its floor but not used: drop the exception`]
      : [],
  ),
]

/** @type {(locked: Locked[], floors: Floors) => string[]} */
export const bannedProblems = (locked, { banned }) =>
  banned.flatMap(({ pattern, why }) =>
    locked
      .filter(({ name }) => new RegExp(pattern).test(name))
      .map(({ name, version }) => `${name}@${version} is banned: ${why}`),
  )

/** @type {(settings: PnpmSettings, floors: Floors) => string[]} */
export const settingsProblems = (settings, { releaseAgeExclusions }) => {
  const excluded = settings.minimumReleaseAgeExclude ?? []
  const explained = releaseAgeExclusions.map((one) => one.package)
  return [
    ...((settings.minimumReleaseAge ?? 0) >= weekMinutes
      ? []
      : [`minimumReleaseAge is below a week (${weekMinutes} minutes)`]),
    ...(settings.blockExoticSubdeps === true ? [] : ['blockExoticSubdeps is not true']),
    ...(settings.trustPolicy === 'no-downgrade' ? [] : ['trustPolicy is not no-downgrade']),
    ...excluded
      .filter((name) => !explained.includes(name))
      .map((name) => `minimumReleaseAgeExclude lists ${name} without an advisory here`),
    ...explained
      .filter((name) => !excluded.includes(name))
      .map((name) => `${name} is explained here but pnpm-workspace.yaml does not exclude it`),
  ]
}

/** @type {(installed: string[], settings: PnpmSettings, floors: Floors) => string[]} */
export const buildProblems = (installed, settings, { builds }) => {
  const listed = settings.allowBuilds ?? {}
  const allowed = Object.keys(listed).filter((name) => listed[name] === true)
  const explained = builds.map((one) => one.package)
  return [
    ...installed
      .filter((name) => listed[name] === undefined)
      .map((name) => `${name} runs code on installation and allowBuilds does not decide on it`),
    ...allowed
      .filter((name) => !explained.includes(name))
      .map((name) => `allowBuilds allows ${name} without a reason under "builds" here`),
  ]
}

/** Only packages of the registry, pinned by a hash: no Git, no tarball by address, no folder. @type {(locked: Locked[]) => string[]} */
export const resolutionProblems = (locked) =>
  locked
    .filter(
      ({ resolution }) =>
        Object.keys(resolution).join() !== 'integrity' ||
        !resolution['integrity']?.startsWith('sha512-'),
    )
    .map(
      ({ name, version, resolution }) =>
        `${name}@${version} is not pinned to a registry package by sha512: ${Object.keys(resolution).join(', ')}`,
    )
