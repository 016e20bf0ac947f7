// SPDX-License-Identifier: MIT
#include "check/parts.h"

#include "check/digest.h"
#include "check/store.h"

void pp_parts_note_nbl(struct pp_object *object) {
    const NET_BUFFER_LIST *nbl = (const NET_BUFFER_LIST *)object->address;
    object->flags = nbl->Flags;
    object->reserved = pp_digest_nbl_reserved(nbl);
    object->miniports = pp_digest_nbl_miniports(nbl);
}

void pp_parts_note_nb(struct pp_object *object) {
    const NET_BUFFER *nb = (const NET_BUFFER *)object->address;
    object->reserved = pp_digest_nb_reserved(nb);
    object->miniports = pp_digest_nb_miniports(nb);
}

void pp_parts_add_context(const NET_BUFFER_LIST_CONTEXT *context, uint32_t whole,
                          const struct pp_event *event) {
    if (context != NULL) {
        pp_store_add_part(PP_OBJECT_CONTEXT, (uintptr_t)context, sizeof(*context) + context->Size, whole,
                          event);
    }
}

void pp_parts_add_mdl(const MDL *mdl, bool with_data, uint32_t whole, const struct pp_event *event) {
    if (mdl == NULL) {
        return;
    }
    struct pp_object *part =
        pp_store_add_part(PP_OBJECT_MDL, (uintptr_t)mdl, sizeof(*mdl), whole, event);
    part->length = mdl->ByteCount;
    if (with_data) {
        pp_store_add_part(PP_OBJECT_BUFFER, (uintptr_t)mdl->MappedSystemVa, mdl->ByteCount, whole,
                          event);
    }
}

struct pp_object *pp_parts_add_nb(const NET_BUFFER *nb, uint32_t whole, const struct pp_event *event) {
    struct pp_object *part = pp_store_add_part(PP_OBJECT_NB, (uintptr_t)nb, sizeof(*nb), whole, event);
    if (part != NULL) {
        pp_parts_note_nb(part);
    }
    return part;
}
