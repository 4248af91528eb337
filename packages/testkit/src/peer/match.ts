import { type Bytes, HeaderFields, type InFrame } from '@plexus/contract'
import { sameBytes } from '../bytes.js'
import { bytesOf } from './frames.js'
import { show } from './show.js'

/** What is wanted of one field: the value, or a function that judges it; a text may be judged by a pattern. */
export type FieldWanted<Value> =
  | ((value: Value) => boolean)
  | (Value extends Bytes
      ? Bytes | string | RegExp
      : Value extends HeaderFields
        ? HeadersWanted
        : Value extends string
          ? Value | RegExp
          : Value extends object
            ? Partial<Value>
            : Value)

/** Fields that are wanted among others; undefined: there is none of this name. */
export type HeadersWanted =
  | HeaderFields
  | Readonly<Record<string, string | readonly string[] | RegExp | undefined>>

/** What is wanted of a frame: its type, and of its fields those that are listed. */
export type FrameWanted = {
  [F in InFrame as F['type']]: { readonly type: F['type'] } & {
    readonly [Field in Exclude<keyof F, 'type'>]?: FieldWanted<NonNullable<F[Field]>>
  }
}[InFrame['type']]

/** The frames that `Wanted` can be met by. */
export type FrameOf<Wanted extends { readonly type: string }> = Extract<
  InFrame,
  { readonly type: Wanted['type'] }
>

/** Says in a line each what is not as wanted; nothing where the frame will do. */
export function mismatches(frame: InFrame, wanted: FrameWanted): string[] {
  if (frame.type !== wanted.type) return [`type: wanted ${wanted.type}, got ${frame.type}`]
  const found: string[] = []
  for (const [name, want] of Object.entries(wanted)) {
    if (want === undefined) continue
    const got = (frame as unknown as Record<string, unknown>)[name]
    if (!meets(got, want)) found.push(`${name}: wanted ${show(want)}, got ${show(got)}`)
  }
  return found
}

function meets(got: unknown, want: unknown): boolean {
  if (typeof want === 'function') return want(got)
  if (got instanceof Uint8Array) return meetsBytes(got, want)
  if (got instanceof HeaderFields) return meetsHeaders(got, want as HeadersWanted)
  if (want instanceof RegExp) return typeof got === 'string' && want.test(got)
  if (typeof want === 'object' && want !== null) {
    if (typeof got !== 'object' || got === null) return false
    return Object.entries(want).every(([name, value]) => meets((got as Record<string, unknown>)[name], value))
  }
  return Object.is(got, want)
}

function meetsBytes(got: Bytes, want: unknown): boolean {
  if (want instanceof RegExp) return want.test(new TextDecoder().decode(got))
  return sameBytes(got, bytesOf(want as Bytes | string))
}

function meetsHeaders(got: HeaderFields, want: HeadersWanted): boolean {
  if (want instanceof HeaderFields) {
    return want.flat.length === got.flat.length && want.flat.every((text, i) => text === got.flat[i])
  }
  return Object.entries(want).every(([name, value]) => {
    const values = got.getAll(name)
    if (value === undefined) return values.length === 0
    if (value instanceof RegExp) return values.some((one) => value.test(one))
    const wanted = typeof value === 'string' ? [value] : value
    return wanted.length === values.length && wanted.every((one, i) => one === values[i])
  })
}
