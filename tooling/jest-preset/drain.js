import { afterAll } from '@jest/globals'

// libp2p leaves a referenced 1 s debounce timer behind after stop(). Letting it fire lets a
// Jest worker exit by itself; workers that linger are killed with a warning.
afterAll(async () => {
  await new Promise((resolve) => setTimeout(resolve, 1100))
})
