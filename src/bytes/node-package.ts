import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'

/** A file of an installed package, by package and path as its exports name it. Throws Node's error when there is none. */
export const packageFile = async (path: string): Promise<Uint8Array> => readFile(createRequire(import.meta.url).resolve(path))
