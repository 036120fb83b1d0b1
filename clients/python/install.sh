#!/usr/bin/env bash
# Makes a virtual environment in clients/python/.venv and installs the client with all that its tests need.
#   PYTHON  the Python to use, 3.10 or later (default python3)
set -eu
cd "$(dirname "$0")"
python=${PYTHON:-python3}
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 10))' \
    || { echo "install.sh: expected Python 3.10 or later, found $("$python" --version 2>&1)" >&2; exit 1; }
[ -x .venv/bin/python ] || "$python" -m venv .venv
.venv/bin/python -m pip install --quiet --disable-pip-version-check --editable '.[test]'
echo "installed: $PWD/.venv/bin/python examples/gymnasium_client.py --help"
