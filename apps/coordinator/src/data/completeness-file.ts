import type { Completeness } from '@bzzz/hybrid'
import { readPrivateFile, replacePrivateFile } from './private-file.js'

const COMPLETE = 'complete\n'
const INCOMPLETE = 'incomplete\n'

/**
 * Remembers in a file whether the store holds all that the mesh held when this node left it. No file:
 * it never left it in haste. Anything but the one word in it counts as incomplete, because then a
 * miss is called an outage rather than an answer.
 */
export const completenessIn = (file: string): Completeness => ({
  load: async () => ((await readPrivateFile(file)) ?? COMPLETE) === COMPLETE,
  save: (isComplete) => replacePrivateFile(file, isComplete ? COMPLETE : INCOMPLETE),
})
