import { inferModel } from '../ops/infer.ts'
import type { Pass } from './pass.ts'

/** States types, symbolic shapes and elements of shapes everywhere. */
export const inferTypes: Pass = {
  name: 'infer-types',
  run(model) {
    inferModel(model)
    return { changed: false }
  },
}
