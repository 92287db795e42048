"""What happens between ``git clone`` and a running Rhomboid, with the standard library only.

`main` reads the command, `steps` lists what has to exist, `stamps` remembers what is already done, `uv` fetches the
one tool the rest is built with, `system` knows the libraries that only the operating system can give, `checks` runs
linters and tests, `console` talks to the person in front of it. Linux (x86-64, glibc) and macOS on Apple silicon;
Windows has its own commands in the README.
"""
