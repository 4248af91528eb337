// Facts that stand in the sources as types and comments, read with the compiler's own parser.
import ts from 'typescript'
import { read } from './workspace.mjs'

const parse = (path) => ts.createSourceFile(path, read(path), ts.ScriptTarget.Latest, true)

/** The comment that stands right above a declaration, as one line of text; `{@link x}` becomes `` `x` ``. */
function commentOf(node) {
  const ranges = ts.getLeadingCommentRanges(node.getSourceFile().text, node.getFullStart()) ?? []
  const last = ranges.at(-1)
  return last === undefined ? '' : wordsOf(node.getSourceFile().text.slice(last.pos, last.end))
}

function wordsOf(comment) {
  return comment
    .replace(/^\/\*\*?|\*\/$|^\s*\/\//g, '')
    .replace(/^\s*\* ?/gm, '')
    .replace(/\{@link ([^}]+)\}/g, '`$1`')
    .replace(/\s+/g, ' ')
    .trim()
}

/** @returns {{ name: string, comment: string, members: { name: string, type: string, comment: string }[] }[]} */
export function interfacesOf(path) {
  return parse(path)
    .statements.filter(ts.isInterfaceDeclaration)
    .map((node) => ({
      name: node.name.text,
      comment: commentOf(node),
      members: node.members.filter(ts.isPropertySignature).map((member) => ({
        name: member.name.getText(),
        type: member.type?.getText() ?? '',
        comment: commentOf(member),
      })),
    }))
}

/**
 * A union of literals with a comment above each or above several.
 *
 * @returns {Map<string, string>} literal → comment
 */
export function unionOf(path, name) {
  const alias = parse(path).statements.find(
    (node) => ts.isTypeAliasDeclaration(node) && node.name.text === name,
  )
  if (alias === undefined || !ts.isUnionTypeNode(alias.type))
    throw new Error(`${path}: expected a union type ${name}`)
  const { text } = alias.getSourceFile()
  const members = new Map()
  let at = alias.type.getFullStart()
  let comment = ''
  for (const member of alias.type.types) {
    // The comment stands before the bar, and the bar belongs to no member.
    const [above] = /\/\*\*[\s\S]*?\*\//.exec(text.slice(at, member.getStart())) ?? []
    if (above !== undefined) comment = wordsOf(above)
    members.set(member.getText().slice(1, -1), comment)
    at = member.end
  }
  return members
}

/** The comment above `export const name`. */
export function commentOfConst(path, name) {
  const node = parse(path).statements.find(
    (one) =>
      ts.isVariableStatement(one) &&
      one.declarationList.declarations.some((each) => each.name.getText() === name),
  )
  return node === undefined ? '' : commentOf(node)
}
