import { cosineWindow } from './kit/cosine-window.ts'
import type { Operator } from './operator.ts'

export const BlackmanWindow: Operator = cosineWindow('BlackmanWindow', [0.42, 0.5, 0.08])
