// SPDX-License-Identifier: Apache-2.0
#include "CSystemd.h"

#include <stdlib.h>

sd_bus_vtable *oc_vtable(size_t members)
{
	sd_bus_vtable *table = calloc(members + 2, sizeof(*table));
	if (!table)
		return NULL;
	table[0] = (sd_bus_vtable) SD_BUS_VTABLE_START(0);
	table[members + 1] = (sd_bus_vtable) SD_BUS_VTABLE_END;
	return table;
}

void oc_vtable_method(sd_bus_vtable *row, const char *name, const char *takes, const char *gives, const char *names)
{
	*row = (sd_bus_vtable) SD_BUS_METHOD_WITH_NAMES(name, takes, names, gives, , oc_bus_method, 0);
}

void oc_vtable_signal(sd_bus_vtable *row, const char *name, const char *gives, const char *names)
{
	*row = (sd_bus_vtable) SD_BUS_SIGNAL_WITH_NAMES(name, gives, names, 0);
}

void oc_vtable_property(sd_bus_vtable *row, const char *name, const char *signature, enum oc_announcement announcement)
{
	static const uint64_t flags[] = {
		[OC_NEVER] = SD_BUS_VTABLE_PROPERTY_CONST,
		[OC_VALUE] = SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE,
		[OC_NAME] = SD_BUS_VTABLE_PROPERTY_EMITS_INVALIDATION,
		[OC_SILENT] = 0,
	};
	*row = (sd_bus_vtable) SD_BUS_PROPERTY(name, signature, oc_bus_property, 0, flags[announcement]);
}
