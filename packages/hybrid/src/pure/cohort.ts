const FNV_OFFSET = 0x81_1c_9d_c5
const FNV_PRIME = 0x01_00_01_93

/** MurmurHash3's finaliser: every bit of the input moves every bit of the result. */
const mix = (hash: number): number => {
  let h = hash
  h = Math.imul(h ^ (h >>> 16), 0x85_eb_ca_6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2_b2_ae_35)
  return (h ^ (h >>> 16)) >>> 0
}

/**
 * The position of a key in a rollout: 0 to 99.99 in steps of 0.01, alike on all nodes and platforms.
 * A key is in the cohort while its position is below the percentage, so that raising the percentage
 * only adds keys. FNV-1a over the UTF-16 units, then MurmurHash3's finaliser. No secret, and not for
 * anything that an attacker must not steer.
 */
export const cohortOf = (key: string): number => {
  let hash = FNV_OFFSET
  for (let i = 0; i < key.length; i++) hash = Math.imul(hash ^ key.charCodeAt(i), FNV_PRIME)
  return (mix(hash) % 10_000) / 100
}
