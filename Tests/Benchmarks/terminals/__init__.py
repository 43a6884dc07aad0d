# SPDX-License-Identifier: Apache-2.0
"""What keeps a program's terminal while nobody looks: `keepers` are compared by `trials`, and `table` shows it."""
