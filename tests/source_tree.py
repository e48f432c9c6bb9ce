"""The project's source as syntax trees, for the tests of the house's rules."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Module:
    """One source file."""

    name: str
    file: str
    tree: ast.Module

    def calls(self) -> Iterator[tuple[ast.Call, str]]:
        """Every call and the last name of what is called."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Call):
                yield node, last_name(node.func)

    def imports(self) -> Iterator[tuple[int, str]]:
        """Line and full name of every module that is imported, wherever it stands."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                for alias in node.names:
                    yield node.lineno, alias.name
            elif isinstance(node, ast.ImportFrom):
                base = self._absolute(node)
                for alias in node.names:
                    inner = f"{base}.{alias.name}"
                    yield node.lineno, inner if inner in names() else base

    def _absolute(self, node: ast.ImportFrom) -> str:
        above = self.name.split(".")
        is_package = self.file.endswith("__init__.py")
        above = above[: len(above) - node.level + is_package] if node.level else []
        return ".".join([*above, *([node.module] if node.module else [])])


def last_name(node: ast.expr) -> str:
    """`c` of `a.b.c`, `a` of `a`, else nothing."""
    match node:
        case ast.Attribute(attr=name) | ast.Name(id=name):
            return name
        case _:
            return ""


@cache
def names() -> dict[str, Path]:
    """Name -> file of every module of ours."""
    found = {}
    for path in (ROOT / "agent").glob("**/*.py"):
        parts = path.relative_to(ROOT).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


@cache
def modules() -> list[Module]:
    """Every module of ours, parsed."""
    return [
        Module(name, str(path.relative_to(ROOT)), ast.parse(path.read_text("utf-8")))
        for name, path in sorted(names().items())
    ]


def within(name: str, packages: tuple[str, ...]) -> bool:
    """Whether a module is one of these or in one of these."""
    return any(name == package or name.startswith(package + ".") for package in packages)


def task_groups(tree: ast.Module) -> set[str]:
    """The names that stand for a TaskGroup: `with ... as name`, `name: TaskGroup`, `x = name`."""
    found: set[str] = set()
    for node in ast.walk(tree):
        match node:
            case ast.withitem(context_expr=ast.Call(func=made), optional_vars=ast.Name(id=name)):
                if last_name(made) in ("TaskGroup", "task_group"):
                    found.add(name)
            case ast.arg(arg=name, annotation=ast.expr() as kind) if "TaskGroup" in ast.dump(kind):
                found.add(name)
            case ast.AnnAssign(annotation=kind) if "TaskGroup" in ast.dump(kind):
                found.add(last_name(node.target))
            case _:
                pass
    for node in ast.walk(tree):
        match node:
            case ast.Assign(value=ast.Name(id=name)) if name in found:
                found.update(map(last_name, node.targets))
            case _:
                pass
    return found
