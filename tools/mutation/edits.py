"""Every small mistake that could be made in a file: what to put in place of which characters.

Python is read with its own parser, template.yaml with PyYAML, scripts and style sheets with acorn and css-tree;
templates and prose by patterns. No edit is made in a docstring, a comment, a type, or a line of a log.
"""

import ast
import json
import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Edit:
    """`new` in place of the characters from `start` to `end` of a file; `path` is relative to the repository."""

    path: str
    start: int
    end: int
    new: str

    def apply(self, text: str) -> str:
        return text[: self.start] + self.new + text[self.end :]

    def line(self, text: str) -> int:
        return text.count("\n", 0, self.start) + 1

    def __str__(self) -> str:
        text = (ROOT / self.path).read_text("utf-8")
        old = " ".join(text[self.start : self.end].split())
        return f"{self.path}:{self.line(text)}: {old[:90]} -> {' '.join(self.new.split())[:90] or '(nothing)'}"


SWAPPED: dict[type[ast.AST], type[ast.AST]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.And: ast.Or,
    ast.Or: ast.And,
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Add,
    ast.FloorDiv: ast.Mult,
    ast.Div: ast.Mult,
}


def in_python(path: str) -> Iterator[Edit]:
    """Yield operators swapped, conditions turned, numbers and truth changed, texts emptied; calls, arguments and
    results left out."""
    text = (ROOT / path).read_text("utf-8")
    starts = [0]
    for line in text.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))
    raw = text.splitlines()

    def at(line: int, column: int) -> int:
        return starts[line - 1] + len(raw[line - 1].encode()[:column].decode())

    def edit(node: ast.expr | ast.stmt | ast.keyword, new: str) -> Edit:
        assert node.end_lineno is not None
        assert node.end_col_offset is not None
        return Edit(path, at(node.lineno, node.col_offset), at(node.end_lineno, node.end_col_offset), new)

    for node in _meant(ast.parse(text)):
        match node:
            case ast.Compare(ops=[operator]) if type(operator) in SWAPPED:
                yield edit(node, _with(node, ops=[SWAPPED[type(operator)]()]))
            case ast.BoolOp() | ast.BinOp() if type(node.op) in SWAPPED:
                yield edit(node, f"({_with(node, op=SWAPPED[type(node.op)]())})")
            case ast.UnaryOp(op=ast.Not()):
                yield edit(node, f"({ast.unparse(node.operand)})")
            case ast.Constant(value=bool(value)):
                yield edit(node, str(not value))
            case ast.Constant(value=int(value)):
                yield edit(node, str(value + 1))
            case ast.Constant(value=str(value)) if value:
                yield edit(node, '""')
            case ast.If(test=test) | ast.IfExp(test=test):
                yield edit(test, f"(not ({ast.unparse(test)}))")
            case ast.Return(value=ast.expr() as value) if not isinstance(value, ast.Constant):
                yield edit(value, "None")
            case ast.Expr(value=ast.Call()) | ast.Raise() | ast.Continue():
                yield edit(node, "pass")
            case ast.Call(keywords=[*_, last]) if last.arg:
                yield edit(node, _with(node, keywords=node.keywords[:-1]))


LOGS = ("logger", "log_failure", "typer", "cast", "TypeVar")


def _meant(node: ast.AST) -> Iterator[ast.AST]:
    """Yield every node below that is no docstring, type, log line, or text in an f-string."""
    for name, value in ast.iter_fields(node):
        if name in ("annotation", "returns", "type_params"):
            continue
        for child in value if isinstance(value, list) else [value]:
            docstring = isinstance(child, ast.Expr) and isinstance(child.value, ast.Constant)
            logged = isinstance(child, ast.Expr) and ast.unparse(child).startswith(LOGS)
            typed = isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test)
            words = isinstance(child, ast.JoinedStr | ast.Import | ast.ImportFrom)
            if isinstance(child, ast.AST) and not (docstring or logged or typed or words):
                yield child
                yield from _meant(child)


def _with(node: ast.AST, **changed: object) -> str:
    fields = dict(ast.iter_fields(node)) | changed
    return ast.unparse(ast.fix_missing_locations(type(node)(**fields)))


UNREAD = {
    "AlarmDescription",
    "AllowedPattern",
    "Comment",
    "ConstraintDescription",
    "Description",
    "Metadata",
    "Sid",
    "Tags",
}
"""Keys that are left alone: nothing acts upon their values, or, of a pattern, only while somebody types a parameter."""


def in_template(path: str) -> Iterator[Edit]:
    """Yield each property dropped, each number and boolean turned, each list without one of its members."""
    text = (ROOT / path).read_text("utf-8")
    whole = yaml.compose(text, yaml.SafeLoader)
    for key, value in whole.value:
        if key.value in ("Conditions", "Globals", "Parameters", "Resources"):
            yield from _in_yaml(path, text, value, 0)


def _in_yaml(path: str, text: str, node: yaml.Node, depth: int) -> Iterator[Edit]:
    start, end = node.start_mark.index, node.end_mark.index
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if key.value in UNREAD:
                continue
            if depth and key.value != "Type":  # a resource as a whole is missed by everything
                yield _without(path, text, node, key.start_mark.index, value.end_mark.index)
            yield from _in_yaml(path, text, value, depth + 1)
    elif isinstance(node, yaml.SequenceNode):
        for value in node.value:
            if not node.tag.startswith("!") and len(node.value) > 1:  # no arguments of a function
                yield _without(path, text, node, value.start_mark.index, value.end_mark.index)
            yield from _in_yaml(path, text, value, depth + 1)
    elif isinstance(node, yaml.ScalarNode) and not node.style:
        said = text[start:end]
        if said in ("true", "false"):
            yield Edit(path, start, end, "false" if said == "true" else "true")
        elif re.fullmatch(r"\d+(\.\d+)?", said):
            yield Edit(path, start, end, str(float(said) * 100 if "." in said else int(said) * 2 + 1))


def _without(path: str, text: str, node: yaml.Node, start: int, end: int) -> Edit:
    """Return a mapping or a list without what stands there. A block ends, for PyYAML, where the next one begins."""
    end = start + len(text[start:end].rstrip())
    if len(node.value) == 1:
        first, last = node.start_mark.index, node.end_mark.index
        return Edit(path, first, first + len(text[first:last].rstrip()), "[]" if node.id == "sequence" else "{}")
    if node.flow_style:
        comma = re.compile(r"\s*,\s*").match(text, end)
        before = re.compile(r",\s*\Z").search(text[:start])
        return Edit(path, start, comma.end(), "") if comma else Edit(path, before.start() if before else start, end, "")
    begin = text.rindex("\n", 0, start) + 1
    if text[begin:start].strip() == "-" and node.id == "mapping":  # the first of a mapping in a list: the dash stays
        return Edit(path, start, end + len(text[end:]) - len(text[end:].lstrip()), "")
    return Edit(path, begin, end, "")


def in_scripts(*paths: str) -> Iterator[Edit]:
    """Yield, of scripts: operators swapped, conditions turned, numbers and truth changed, calls left out; of style
    sheets: each rule that hides, shows focus, prints, or holds in forced colors left out."""
    command = ["node", ROOT / "tools" / "judges" / "edits.mjs", *(ROOT / path for path in paths)]
    said = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    for path, found in zip(paths, said, strict=True):
        yield from (Edit(path, start, end, new) for start, end, new in found)


PATTERNS = {
    ".html": [
        (r"(?<=\{% if )(?!not )[^%]+(?= %\})", r"not (\g<0>)"),
        (r"\{\{ (?!super)[^}]+ \}\}", ""),
        (r' (?:aria-[a-z]+|autocomplete|role|hidden|method|name|value|for|lang|id)="[^"]*"', ""),
    ],
    ".txt": [(r"(?<=\{% if )(?!not )[^%]+(?= %\})", r"not (\g<0>)"), (r"\{\{ [^}]+ \}\}", "")],
    ".md": [
        (r"\b\d[\d,]*\b(?! *[.)]\s)(?![^(]*\.(?:md|pdf)\))", "97"),
        (r"\b(?:two|three|ten|five) (?=years|days|hours|months|minutes)", "nine "),
    ],
}
"""Replacements in templates and prose: a pattern, and the new text."""


def in_text(path: str) -> Iterator[Edit]:
    """Yield, of templates: conditions turned, values and attributes left out; of prose: every number another."""
    text = (ROOT / path).read_text("utf-8")
    body = text.find("\n---", 3) if text.startswith("---") else 0
    for pattern, new in PATTERNS[Path(path).suffix]:
        for found in re.finditer(pattern, text):
            if found.start() >= body:
                yield Edit(path, found.start(), found.end(), found.expand(new))
