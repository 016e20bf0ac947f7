// SPDX-License-Identifier: MIT
#include "check/apply_io.h"

#include "check/store.h"

#include <wdm.h>

static void add_irp(const struct pp_event *event) {
    const uint64_t *args = event->args;
    struct pp_object *irp = pp_store_add(PP_OBJECT_IRP, args[0], sizeof(IRP), event);
    irp->irp_maker = (uint8_t)args[1];
    irp->room = (uint32_t)args[4];
}

// Right behind its IRP.
static void add_irp_part(const struct pp_event *event) {
    const uint64_t *args = event->args;
    enum pp_object_kind kind = args[1] != 0 ? PP_OBJECT_MDL : PP_OBJECT_BUFFER;
    pp_store_add_part(kind, args[2], args[3], pp_model_index(pp_model_at(args[0])), event);
}

static struct pp_object *at(const struct pp_event *event, enum pp_object_kind kind) {
    struct pp_object *object = pp_model_at(event->args[0]);
    return object != NULL && object->kind == kind ? object : NULL;
}

static void note_pending(const struct pp_event *event) {
    struct pp_object *irp = at(event, PP_OBJECT_IRP);
    if (irp != NULL) {
        pp_store_take_trail(&irp->sent, event);
    }
}

static void note_delete(const struct pp_event *event) {
    struct pp_object *device = at(event, PP_OBJECT_DEVICE);
    if (device != NULL) {
        device->was_deleted = true;
    }
}

void pp_apply_io(const struct pp_event *event) {
    const uint64_t *args = event->args;
    switch (event->kind) {
    case PP_EVENT_IRP_MADE: add_irp(event); break;
    case PP_EVENT_IRP_PART: add_irp_part(event); break;
    case PP_EVENT_IRP_PENDING: note_pending(event); break;
    case PP_EVENT_DEVICE_MADE: pp_store_add(PP_OBJECT_DEVICE, args[0], args[1], event); break;
    case PP_EVENT_DEVICE_DELETE: note_delete(event); break;
    case PP_EVENT_LINK_MADE:
        if (args[0] != 0) {
            pp_store_add(PP_OBJECT_LINK, args[0], 0, event);
        }
        break;
    default: pp_store_remove(args[0], event); break;
    }
}
