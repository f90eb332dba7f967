/** What to say on a Node that cannot run the project; undefined where it can. @type {(version: string) => string | undefined} */
export const tooOld = (version) => {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  return major > 22 || (major === 22 && minor >= 13)
    ? undefined
    : `this needs Node 22.13 or newer, and this is ${version}. Installing brings Node 24 by itself where npm can ` +
        `fetch it; run "npm test" (not "node tooling/lanes/test.js"), or install a newer Node.`
}
