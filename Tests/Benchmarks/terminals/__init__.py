# SPDX-License-Identifier: Apache-2.0
"""What keeps a program's terminal while nobody looks, compared: `keepers` are compared by `trials`; `table` shows it."""
