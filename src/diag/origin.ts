/** Where a node came from, in the user's own model. */
export interface Origin {
  /** The format it was read from ("onnx", "tflite"), or "lapidary" for what was made here. */
  readonly format: string
  /** The file's name. */
  readonly file?: string
  /** The place in it, in the format's own words: `/layer1/conv1/Conv`, `subgraph 0, operator 12`. */
  readonly path: string
  /** The place in the file's bytes, start and end. */
  readonly bytes?: readonly [number, number]
  /** The line of the user's program, where the format carries it. */
  readonly source?: string
  /** Rules and passes that made it out of the original, oldest first. */
  readonly via?: readonly string[]
  /** The other nodes that went into it. */
  readonly also?: readonly Origin[]
}

export const nowhere: Origin = { format: 'lapidary', path: '' }

/** The origin of what `rule` made out of nodes with these origins; the first one leads. */
export function mergeOrigins(origins: readonly Origin[], rule: string): Origin {
  const known: Origin[] = []
  const via: string[] = []
  for (const origin of origins) {
    for (const step of origin.via ?? []) if (!via.includes(step)) via.push(step)
    for (const one of [{ ...origin, via: [], also: [] }, ...(origin.also ?? [])]) {
      if (one.path !== '' && !known.some(k => k.path === one.path && k.file === one.file)) known.push(one)
    }
  }
  if (!via.includes(rule)) via.push(rule)
  const [first, ...also] = known
  return { ...(first ?? nowhere), via, also }
}
