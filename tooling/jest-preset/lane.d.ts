export declare const isLongLane: boolean
/** The share that `npm test` runs, or the whole in the long lane. */
export declare function laneCount(share: number, whole: number): number
/** Declares tests that need root or namespaces; `reason` says why they cannot run here. */
export declare function privileged(
  name: string,
  reason: string | undefined,
  declare: () => void,
): void
