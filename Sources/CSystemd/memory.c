// SPDX-License-Identifier: Apache-2.0
#include <malloc.h>

#include "memory.h"

void oc_give_memory_back(void) {
	mallopt(M_MMAP_THRESHOLD, 128 * 1024);
	mallopt(M_TRIM_THRESHOLD, 256 * 1024);
}
