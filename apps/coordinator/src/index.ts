export { Coordinator, type CoordinatorOptions } from './coordinator.js'
export { coordinatorError } from './errors.js'
export {
  spawnCoordinator,
  type CoordinatorProcess,
  type Exit,
  type SpawnOptions,
  type Started,
} from './process/coordinator-process.js'
export { waitFor, type WaitOptions } from './process/wait-for.js'
