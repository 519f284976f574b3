/** A polynomial as WGSL: the highest coefficient first, `x` the text of a name. */
export const horner = (x: string, coefficients: readonly number[]): string =>
  coefficients.slice(1).reduce((text, c) => `(${text} * ${x} ${c < 0 ? '-' : '+'} ${literal(Math.abs(c))})`, literal(coefficients[0]!))

const literal = (x: number): string => (Number.isInteger(x) ? x.toFixed(1) : String(x))
