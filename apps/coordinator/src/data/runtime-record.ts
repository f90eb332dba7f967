import { Service } from '@bzzz/base'
import { removeRuntime, writeRuntime, type Runtime } from './runtime-file.js'

/** Tells the command line what runs on the data directory, for as long as it does. */
export class RuntimeRecord extends Service {
  readonly #file: string
  readonly #describe: () => Runtime
  #pid = 0

  constructor(file: string, describe: () => Runtime) {
    super('the runtime record')
    this.#file = file
    this.#describe = describe
  }

  protected async onStart(): Promise<void> {
    const runtime = this.#describe()
    this.#pid = runtime.pid
    await writeRuntime(this.#file, runtime)
  }

  protected async onStop(): Promise<void> {
    await removeRuntime(this.#file, this.#pid)
  }
}
