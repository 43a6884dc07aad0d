# SPDX-License-Identifier: Apache-2.0
"""The mutations: those of every file here, which has a part of the code.

A mutation names text that its file has exactly once; a file is named by the end of its path that is its own. Keep to
code that stays, and to what a user would notice: a limit, an order, a check of what comes from outside.
"""

from importlib import import_module
from pkgutil import iter_modules

PARTS = sorted(part.name for part in iter_modules(__path__))
MUTATIONS = [mutation for part in PARTS for mutation in import_module(f"{__name__}.{part}").MUTATIONS]
