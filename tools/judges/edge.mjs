// Names what a CloudFront function uses that is not in AWS's list "JavaScript runtime 2.0 features": `node edge.mjs` reads
// the function, and prints a line for each, nothing where the list has all.

import { readFileSync } from "node:fs";
import { parse } from "acorn";
import { full } from "acorn-walk";

/** ES 5.1, and what the list adds to its syntax: arrow functions, rest parameters, template literals, await. */
const LISTED = new Set(
  `Program FunctionDeclaration FunctionExpression VariableDeclaration VariableDeclarator BlockStatement EmptyStatement
  ExpressionStatement IfStatement LabeledStatement BreakStatement ContinueStatement SwitchStatement SwitchCase
  ReturnStatement ThrowStatement TryStatement CatchClause WhileStatement DoWhileStatement ForStatement ForInStatement
  ThisExpression ArrayExpression ObjectExpression Property UnaryExpression UpdateExpression BinaryExpression
  AssignmentExpression LogicalExpression MemberExpression ConditionalExpression CallExpression NewExpression
  SequenceExpression Identifier Literal
  ArrowFunctionExpression RestElement TemplateLiteral TemplateElement AwaitExpression`.split(/\s+/),
);
const NEWER = {
  "method not listed": (node) =>
    node.type === "MemberExpression" &&
    /^(at|flat|flatMap|findLast|findLastIndex|fromEntries)$/.test(node.property.name),
  "newer operator": (node) => /^(\?\?|(\?\?|\|\||&&)=)$/.test(node.operator),
  "newer property": (node) => node.type === "Property" && (node.shorthand || node.computed || node.method),
  generator: (node) => node.generator,
  "catch without a name": (node) => node.type === "CatchClause" && !node.param,
};

full(parse(readFileSync(0, "utf-8"), { ecmaVersion: "latest" }), (node) => {
  if (!LISTED.has(node.type)) console.log(node.type);
  for (const [name, is] of Object.entries(NEWER)) if (is(node)) console.log(name);
});
