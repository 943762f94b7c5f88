"""Matches event patterns, of event source filters and of EventBridge rules."""

from collections.abc import Callable, Mapping
from typing import Any

Predicate = Callable[[Any], bool]


def compiled(pattern: Mapping[str, Any]) -> Predicate:
    """Compile a pattern. Raises ValueError at once for a rule that is not emulated."""
    tests = {name: _member_test(name, wanted) for name, wanted in pattern.items()}

    def matches(value: Any) -> bool:
        if isinstance(value, list):
            return any(matches(each) for each in value)
        members = value if isinstance(value, Mapping) else {}
        return all(test(members.get(name)) for name, test in tests.items())

    return matches


def _member_test(name: str, wanted: Any) -> Predicate:
    match wanted:
        case dict():
            return compiled(wanted)
        case list() if wanted:
            rules = [_rule_test(rule) for rule in wanted]
            return lambda value: any(rule(each) for rule in rules for each in _members(value))
    raise ValueError(f"a filter has a list of rules for {name}, not {wanted!r}")


def _members(value: Any) -> list[Any]:
    """Return the members to match: one of a list's members is enough for a rule to hold."""
    return value if isinstance(value, list) and value else [value]


def _rule_test(rule: Any) -> Predicate:
    match rule:
        case str() | int() | float():
            return lambda value: type(value) is type(rule) and value == rule
        case {"exists": bool(wanted)} if len(rule) == 1:
            return lambda value: (value is not None) == wanted
        case {"prefix": str(start)} if len(rule) == 1:
            return lambda value: isinstance(value, str) and value.startswith(start)
        case {"anything-but": list(excluded)} if len(rule) == 1:
            return lambda value: value is not None and value not in excluded
    raise ValueError(f"the local run does not play the filter rule {rule!r}")
