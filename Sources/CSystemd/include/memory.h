// SPDX-License-Identifier: Apache-2.0
#pragma once

// Has memory that is freed go back to the system, from now on. By itself glibc keeps as much as was ever needed for one
// thing, so that a single large message would be remembered for ever (mallopt(3)).
void oc_give_memory_back(void);
