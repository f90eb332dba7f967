/** Why tests with a network of their own cannot run here; undefined where they can. */
export const reasonWithoutNamespaces = (): string | undefined =>
  process.env.CLUSTER_NAMESPACES === 'own'
    ? undefined
    : (process.env.CLUSTER_WITHOUT ?? 'needs to be run through bin/test-in-namespaces.js')
