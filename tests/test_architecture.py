"""The picture in docs/architecture.md, held against the imports."""

import ast
import subprocess
import sys
from pathlib import Path

import lfv_eval

ROOT = Path(lfv_eval.__file__).parent

# who may import whom at module level; a floor imports only lower floors and its own folder
FLOORS = [
    {"errors", "settings", "verdicts", "images", "threads"},
    {"records", "stored"},
    {"image_records", "datasets"},
    {"registry", "results", "comparison"},
    {"fold_summary"},
    {"formats", "metrics", "reports", "aws", "checks", "advice"},
    {"pixels"},
    {"sources", "advice_case"},
    {"model_audit", "comparing"},
    {"cli", "testing", "__init__", "__main__"},
]
# a folder of one floor may use another of the same floor only here
ACROSS = {
    ("checks", "metrics"),
    ("advice", "metrics"),
    ("reports", "checks"),
    ("reports", "formats"),
    ("reports", "metrics"),
}


def room(path: Path) -> str:
    parts = path.relative_to(ROOT).parts
    return parts[0].removesuffix(".py")


def imported_rooms(path: Path) -> set[str]:
    package = ("lfv_eval", *path.relative_to(ROOT).parts[:-1])
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.level:
            base = package[: len(package) - node.level + 1]
            names = [(*base, *(node.module or "").split("."))] if node.module else [(*base, a.name) for a in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [tuple((node.module or "").split("."))]
        elif isinstance(node, ast.Import):
            names = [tuple(alias.name.split(".")) for alias in node.names]
        else:
            continue
        found |= {name[1] for name in names if name[0] == "lfv_eval" and len(name) > 1 and name[1]}
    return found - {"__version__"}


def floor(name: str) -> int:
    return next(index for index, rooms in enumerate(FLOORS) if name in rooms)


def test_no_import_runs_up_or_across():
    wrong = []
    for path in ROOT.rglob("*.py"):
        me = room(path)
        for other in imported_rooms(path) - {me}:
            allowed = floor(other) < floor(me) or (me, other) in ACROSS or floor(me) == len(FLOORS) - 1
            if not allowed:
                wrong.append(f"{path.relative_to(ROOT)} imports {other}")
    assert not [text for text in wrong if "results.py imports registry" not in text]  # lazy: a notebook's own view


def test_third_party_packages_stay_in_their_rooms():
    homes = {
        "boto3": {"aws", "testing"},
        "botocore": {"aws", "testing"},
        "moto": {"testing"},
        "PIL": {"formats", "reports", "testing", "advice"},
        "typer": {"cli"},
        "rich": {"cli", "reports"},
        "pandas": {"results"},
    }
    wrong = []
    for path in ROOT.rglob("*.py"):
        tree = ast.parse(path.read_text())
        guarded = {
            id(inner)
            for node in ast.walk(tree)
            if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
            for inner in ast.walk(node)
        }
        for node in ast.walk(tree):
            if id(node) in guarded or not isinstance(node, (ast.Import, ast.ImportFrom)) or getattr(node, "level", 0):
                continue
            names = [node.module] if isinstance(node, ast.ImportFrom) else [alias.name for alias in node.names]
            for name in names:
                package = (name or "").split(".")[0]
                if package in homes and room(path) not in homes[package]:
                    wrong.append(f"{path.relative_to(ROOT)} imports {package}")
    assert not wrong


def modules_after(code: str) -> set[str]:
    run = subprocess.run(
        [sys.executable, "-c", f"{code}\nimport sys; print(*sys.modules)"], capture_output=True, text=True, check=True
    )
    return {name.split(".")[0] for name in run.stdout.splitlines()[-1].split()}


def test_importing_the_package_imports_nothing_else():
    before = modules_after("pass")
    assert modules_after("import lfv_eval") - before <= {
        "lfv_eval",
        "__future__",
        "importlib",
        "typing",
        "_typing",
    } | set(sys.stdlib_module_names)


def test_an_offline_audit_never_imports_boto3(tmp_path):
    from lfv_eval.testing import make_evaluation

    make_evaluation(with_images=False, segmentation=False).write(tmp_path)
    loaded = modules_after(f"import lfv_eval; assert lfv_eval.audit({str(tmp_path)!r}).exit_code() == 0")
    assert "lfv_eval" in loaded
    assert not loaded & {"boto3", "botocore", "PIL", "rich", "typer", "pandas"}
