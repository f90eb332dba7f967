import { access } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'

/** Files to show the import with: real ones, that whoever runs the demo can look at. */
export interface Documents {
  readonly directory: string
  readonly accept: (relative: string) => boolean
  /** As the report calls them. */
  readonly name: string
}

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  )

/** In a clone: the project's own documents. In an installed package: the package's files. */
export const findDocuments = async (): Promise<Documents> => {
  const packageRoot = fileURLToPath(new URL('../..', import.meta.url))
  const cloneRoot = fileURLToPath(new URL('../../../..', import.meta.url))
  if (await exists(`${cloneRoot}/pnpm-workspace.yaml`))
    return {
      directory: cloneRoot,
      accept: (relative) => relative.endsWith('.md'),
      name: 'the documents of this project',
    }
  return {
    directory: packageRoot,
    accept: (relative) => /\.(?:md|js|json)$/.test(relative),
    name: 'the files of this package',
  }
}
