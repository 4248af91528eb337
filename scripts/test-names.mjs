// Names of tests, read from the sources: what each file claims.
import ts from 'typescript'
import { beginsWithId } from './rows.mjs'
import { files, read } from './workspace.mjs'

const CALLEE = /^(x?it|x?test|x?describe|it[A-Z]\w*|claim\w*)$/

/** Where a text that begins with an id is a claim: tests, and the suites that tests adopt. */
const HOLDS_CLAIMS = /\.test\.ts$|\/cases\//

/** @returns {{ path: string, name: string, line: number }[]} templates with their holes as written */
export function testNames() {
  return files()
    .filter((path) => path.startsWith('packages/') && path.endsWith('.ts') && !path.endsWith('.d.ts'))
    .flatMap(namesIn)
}

function namesIn(path) {
  const text = read(path)
  if (!/\b(it|test|describe|claim)\w*[.(<]/.test(text)) return []
  const source = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true)
  const names = []
  const visit = (node) => {
    if (
      isText(node) &&
      (isTitle(node) || (HOLDS_CLAIMS.test(path) && beginsWithId(node.getText().slice(1))))
    ) {
      const line = source.getLineAndCharacterOfPosition(node.getStart()).line + 1
      names.push({ path, line, name: node.getText().slice(1, -1) })
    }
    ts.forEachChild(node, visit)
  }
  visit(source)
  return names
}

const isText = (node) => ts.isStringLiteralLike(node) || ts.isTemplateExpression(node)

/** The first argument of `it`, `describe` and their like. Tables of rows are told by the id their texts begin with. */
function isTitle(node) {
  const call = node.parent
  return ts.isCallExpression(call) && call.arguments[0] === node && CALLEE.test(rootOf(call.expression))
}

/** `it.each(rows)` → `it`; `harness.it` → `it` */
function rootOf(node) {
  if (ts.isCallExpression(node) || ts.isTaggedTemplateExpression(node))
    return rootOf(node.expression ?? node.tag)
  if (ts.isPropertyAccessExpression(node)) {
    return CALLEE.test(node.name.text) ? node.name.text : rootOf(node.expression)
  }
  return ts.isIdentifier(node) ? node.text : ''
}
