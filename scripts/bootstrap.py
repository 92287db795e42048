"""Set up and start Rhomboid from nothing but git, make and Python: ``python3 scripts/bootstrap.py run``.

This file only checks the version of Python, in words that any Python 3 still in use understands; the work is in
`provision`, which older versions could not even read.
"""

import sys

OLDEST_PYTHON = (3, 11)


def too_old(version: tuple, program: str) -> str:  # type: ignore[type-arg]  # tuple[int, ...] fails before 3.9
    """What to tell the owner of an older Python."""
    found = ".".join(str(part) for part in version[:3])
    return (
        f"Rhomboid needs Python 3.11 or newer; {program} is {found}.\n"
        "Install a newer one beside it and name it: make run PYTHON=python3.12"
    )


def main() -> int:
    if sys.version_info < OLDEST_PYTHON:
        sys.exit(too_old(sys.version_info, sys.executable))
    from provision.main import main as run_command

    return run_command(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
