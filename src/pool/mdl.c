// SPDX-License-Identifier: MIT
// MDLs of the world's own pool.
#include "pool/arena_pool.h"

#include <string.h>

void pp_mdl_init(MDL *mdl, void *buffer, uint32_t length) {
    memset(mdl, 0, sizeof(*mdl));
    mdl->Size = sizeof(*mdl);
    mdl->MdlFlags = MDL_SOURCE_IS_NONPAGED_POOL;
    mdl->MappedSystemVa = buffer;
    mdl->StartVa = PAGE_ALIGN(buffer);
    mdl->ByteOffset = BYTE_OFFSET(buffer);
    mdl->ByteCount = length;
}

MDL *pp_arena_allocate_mdl(PVOID buffer, ULONG length) {
    MDL *mdl = pp_arena_take(sizeof(*mdl), PP_USE_MDL);
    if (mdl != NULL) {
        pp_mdl_init(mdl, buffer, length);
    }
    return mdl;
}

void pp_arena_free_mdl(MDL *mdl) {
    if (pp_arena_is(mdl, PP_USE_MDL)) {
        pp_arena_give(mdl);
    }
}
