// SPDX-License-Identifier: MIT
// The calls, made as a driver makes them, and what a driver writes itself.
#include "differ/player.h"

#include "base/emit.h"
#include "faults/injector.h"
#include "pool/pool.h"

#include <string.h>

#define TAG 0x706C6F50u  // "Pool"
#define HANDLER_COUNT_MAX PP_MODEL_MDLS

static _Alignas(16) uint8_t storage[PP_STORAGE_BYTES];

// === The driver's MDL handlers ===

static MDL *handler_mdls[HANDLER_COUNT_MAX];
static uint32_t handler_count;
static bool is_handler_wrong;

uint32_t pp_handler_count(void) { return handler_count; }
bool pp_handler_is_wrong(void) { return is_handler_wrong; }

void pp_handler_reset(void) {
    handler_count = 0;
    is_handler_wrong = false;
}

static MDL *allocate_mdl(ULONG *size, ULONG surplus) {
    if (*size > PP_HANDLER_MAX || handler_count == HANDLER_COUNT_MAX) {
        return NULL;
    }
    // What the driver does for itself is not what the program's faults are about.
    uint16_t op = pp_now.op;
    pp_now.op = PP_OP_NONE;
    *size += surplus;
    void *memory = NdisAllocateMemoryWithTagPriority(NULL, *size, TAG, NormalPoolPriority);
    MDL *mdl = memory != NULL ? NdisAllocateMdl(NULL, memory, *size) : NULL;
    if (mdl != NULL) {
        handler_mdls[handler_count++] = mdl;
    }
    pp_now.op = op;
    return mdl;
}

static MDL *allocate_exact(ULONG *size) { return allocate_mdl(size, 0); }
static MDL *allocate_more(ULONG *size) { return allocate_mdl(size, PP_HANDLER_SURPLUS); }

static MDL *allocate_nothing(ULONG *size) {
    (void)size;
    return NULL;
}

static void give_mdl(MDL *mdl) {
    void *memory = mdl->MappedSystemVa;
    NdisFreeMdl(mdl);
    NdisFreeMemory(memory, 0, 0);
}

static void free_mdl(MDL *mdl) {
    uint32_t i = 0;
    while (i < handler_count && handler_mdls[i] != mdl) {
        i++;
    }
    if (i == handler_count) {
        is_handler_wrong = true;
        return;
    }
    handler_mdls[i] = handler_mdls[--handler_count];
    give_mdl(mdl);
}

void pp_handler_give_back(void) {
    while (handler_count > 0) {
        give_mdl(handler_mdls[--handler_count]);
    }
}

static NET_BUFFER_ALLOCATE_MDL_HANDLER allocate_handler(const struct pp_call *call) {
    static const NET_BUFFER_ALLOCATE_MDL_HANDLER handlers[] = {
        [PP_HANDLER_NONE] = NULL,
        [PP_HANDLER_EXACT] = allocate_exact,
        [PP_HANDLER_MORE] = allocate_more,
        [PP_HANDLER_FAILS] = allocate_nothing,
        [PP_HANDLER_WITHOUT_FREE] = allocate_exact,
    };
    return handlers[call->handler];
}

// === Pools ===

static NDIS_OBJECT_HEADER header_of(const struct pp_call *call, uint16_t size, uint16_t whole) {
    NDIS_OBJECT_HEADER header = {NDIS_OBJECT_TYPE_DEFAULT, NDIS_OBJECT_REVISION_1, size};
    switch ((enum pp_header)call->choice) {
    case PP_HEADER_WITH_FLAGS:
    case PP_HEADER_VERIFY: header.Size = whole; break;
    case PP_HEADER_TYPE: header.Type = NDIS_OBJECT_TYPE_OID_REQUEST; break;
    case PP_HEADER_REVISION: header.Revision = 0; break;
    case PP_HEADER_SHORT: header.Size = size - 1; break;
    default: break;
    }
    return header;
}

static void *allocate_pool(const struct pp_passing *passing) {
    const struct pp_call *call = &passing->call;
    uint32_t tag = call->choice == PP_HEADER_NO_TAG ? 0 : TAG;
    if (call->kind == PP_POOL_OP_NB_POOL || call->kind == PP_POOL_OP_NB_POOL_OF) {
        NET_BUFFER_POOL_PARAMETERS parameters = {
            .Header = header_of(call, NDIS_SIZEOF_NET_BUFFER_POOL_PARAMETERS_REVISION_1,
                                sizeof(NET_BUFFER_POOL_PARAMETERS)),
            .PoolTag = tag,
            .DataSize = call->size};
        return NdisAllocateNetBufferPool(passing->object, &parameters);
    }
    bool is_verified = call->choice == PP_HEADER_VERIFY || call->choice == PP_HEADER_FLAGS_OUTSIDE;
    NET_BUFFER_LIST_POOL_PARAMETERS parameters = {
        .Header = header_of(call, NDIS_SIZEOF_NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1,
                            sizeof(NET_BUFFER_LIST_POOL_PARAMETERS)),
        .ProtocolId = (UCHAR)call->value,
        .fAllocateNetBuffer = call->has_nb,
        .ContextSize = (USHORT)call->context,
        .PoolTag = tag,
        .DataSize = call->size,
        .Flags = is_verified ? NET_BUFFER_LIST_POOL_FLAG_VERIFY : 0};
    return NdisAllocateNetBufferListPool(passing->object, &parameters);
}

static void *owner_of(const struct pp_call *call) {
    int owner = call->object.passed == PP_PASS_RIGHT ? pp_model.buffers[call->object.id].owner : PP_NONE;
    return owner != PP_NONE ? pp_places.objects[owner] : NULL;
}

static bool perform_pool(const struct pp_passing *passing, struct pp_answer *answer) {
    const struct pp_call *call = &passing->call;
    switch ((enum pp_pool_op_kind)call->kind) {
    case PP_POOL_OP_OBJECT:
        answer->pointer = NdisAllocateGenericObject(NULL, TAG, (USHORT)call->size);
        break;
    case PP_POOL_OP_FREE_OBJECT: NdisFreeGenericObject(passing->object); break;
    case PP_POOL_OP_BUFFER:
    case PP_POOL_OP_BUFFER_OF:
        answer->pointer = NdisAllocateMemoryWithTagPriority(passing->object, call->size,
                                                            call->has_tag ? TAG : 0, NormalPoolPriority);
        break;
    case PP_POOL_OP_FREE_BUFFER:
        if (call->choice == PP_GIVE_PLAIN || call->choice == PP_GIVE_WRONG_FLAGS) {
            NdisFreeMemory(passing->object, 0,
                           call->choice == PP_GIVE_WRONG_FLAGS ? NDIS_MEMORY_CONTIGUOUS : 0);
        } else {
            NdisFreeMemoryWithTagPriority(owner_of(call), passing->object,
                                          call->choice == PP_GIVE_WITH_TAG ? TAG : TAG + 1);
        }
        break;
    case PP_POOL_OP_NBL_POOL:
    case PP_POOL_OP_NBL_POOL_OF:
    case PP_POOL_OP_NB_POOL:
    case PP_POOL_OP_NB_POOL_OF: answer->pointer = allocate_pool(passing); break;
    case PP_POOL_OP_FREE_NBL_POOL: NdisFreeNetBufferListPool(passing->object); break;
    case PP_POOL_OP_FREE_NB_POOL: NdisFreeNetBufferPool(passing->object); break;
    default: return false;
    }
    return true;
}

// === NBLs and NBs ===

static bool perform_list(const struct pp_passing *passing, struct pp_answer *answer) {
    const struct pp_call *call = &passing->call;
    USHORT context = (USHORT)call->context, backfill = (USHORT)call->context_backfill;
    switch ((enum pp_pool_op_kind)call->kind) {
    case PP_POOL_OP_NBL:
        answer->pointer = NdisAllocateNetBufferList(passing->object, context, backfill);
        break;
    case PP_POOL_OP_NBL_WITH_NB:
    case PP_POOL_OP_NBL_OVER:
        answer->pointer = NdisAllocateNetBufferAndNetBufferList(
            passing->object, context, backfill, passing->second, call->offset, call->length);
        break;
    case PP_POOL_OP_FREE_NBL: NdisFreeNetBufferList(passing->object); break;
    case PP_POOL_OP_NB:
    case PP_POOL_OP_NB_OVER:
        answer->pointer =
            NdisAllocateNetBuffer(passing->object, passing->second, call->offset, call->length);
        break;
    case PP_POOL_OP_NB_WITH_DATA:
        answer->pointer = NdisAllocateNetBufferMdlAndData(passing->object);
        break;
    case PP_POOL_OP_FREE_NB: NdisFreeNetBuffer(passing->object); break;
    case PP_POOL_OP_COPY_INFO:
        if (call->choice == 0) {
            NdisCopySendNetBufferListInfo(passing->object, passing->second);
        } else {
            NdisCopyReceiveNetBufferListInfo(passing->object, passing->second);
        }
        break;
    case PP_POOL_OP_PROTOCOL_ID: answer->number = NdisGetNetBufferListProtocolId(passing->object); break;
    case PP_POOL_OP_TAKE_CONTEXT:
        answer->status = NdisAllocateNetBufferListContext(passing->object, context, backfill, TAG);
        break;
    case PP_POOL_OP_GIVE_CONTEXT: NdisFreeNetBufferListContext(passing->object, context); break;
    case PP_POOL_OP_POOL_OF_NBL: answer->pointer = NdisGetPoolFromNetBufferList(passing->object); break;
    case PP_POOL_OP_POOL_OF_NB: answer->pointer = NdisGetPoolFromNetBuffer(passing->object); break;
    default: return false;
    }
    return true;
}

// === Derived NBLs ===

static bool perform_derive(const struct pp_passing *passing, struct pp_answer *answer) {
    const struct pp_call *call = &passing->call;
    switch ((enum pp_pool_op_kind)call->kind) {
    case PP_POOL_OP_CLONE:
    case PP_POOL_OP_CLONE_TO:
        answer->pointer = NdisAllocateCloneNetBufferList(passing->object, passing->second,
                                                         passing->third, call->flags);
        break;
    case PP_POOL_OP_FREE_CLONE: NdisFreeCloneNetBufferList(passing->object, call->flags); break;
    case PP_POOL_OP_FRAGMENT:
    case PP_POOL_OP_FRAGMENT_TO:
        answer->pointer = NdisAllocateFragmentNetBufferList(passing->object, passing->second,
                                                            passing->third, call->start, call->max,
                                                            call->delta, call->backfill, call->flags);
        break;
    case PP_POOL_OP_FREE_FRAGMENT:
        NdisFreeFragmentNetBufferList(passing->object, call->delta, call->flags);
        break;
    case PP_POOL_OP_REASSEMBLE:
    case PP_POOL_OP_REASSEMBLE_TO:
        answer->pointer = NdisAllocateReassembledNetBufferList(
            passing->object, passing->second, call->start, call->delta, call->backfill, call->flags);
        break;
    case PP_POOL_OP_FREE_REASSEMBLED:
        NdisFreeReassembledNetBufferList(passing->object, call->delta, call->flags);
        break;
    default: return false;
    }
    return true;
}

// === Data and MDLs ===

static void query_mdl(MDL *mdl, struct pp_answer *answer) {
    UINT length = 0, offset = 0;
    NdisQueryMdl(mdl, &answer->pointer, &length, NormalPagePriority);
    answer->number = length;
    if (answer->pointer != NULL) {
        NdisQueryMdlOffset(mdl, &offset, &length);
        MDL *next;
        NdisGetNextMdl(mdl, &next);
    }
}

static void free_mdl_by(const struct pp_call *call, MDL *mdl) {
    bool is_io = (call->object.passed == PP_PASS_RIGHT || call->object.passed == PP_PASS_FREED) &&
                 pp_model.mdls[call->object.id].kind == PP_MDL_OF_IO;
    if (is_io == call->is_same) {
        IoFreeMdl(mdl);
    } else {
        NdisFreeMdl(mdl);
    }
}

static MDL *make_mdl(const struct pp_passing *passing) {
    const struct pp_call *call = &passing->call;
    uint8_t *start = passing->object != NULL ? (uint8_t *)passing->object + call->offset : NULL;
    if (call->choice == 0) {
        return NdisAllocateMdl(passing->second, start, call->length);
    }
    MDL *mdl = IoAllocateMdl(start, call->length, FALSE, FALSE, NULL);
    if (mdl != NULL) {
        MmBuildMdlForNonPagedPool(mdl);
    }
    return mdl;
}

static bool perform_mdl(const struct pp_passing *passing, struct pp_answer *answer) {
    const struct pp_call *call = &passing->call;
    switch ((enum pp_pool_op_kind)call->kind) {
    case PP_POOL_OP_MDL:
    case PP_POOL_OP_MDL_OF_OBJECT: answer->pointer = make_mdl(passing); break;
    case PP_POOL_OP_FREE_MDL: free_mdl_by(call, passing->object); break;
    case PP_POOL_OP_ADJUST_MDL: NdisAdjustMdlLength((MDL *)passing->object, call->length); break;
    case PP_POOL_OP_QUERY_MDL:
        // The macro reads the MDL itself: of what is none, only a function can be asked.
        if (call->object.passed == PP_PASS_RIGHT) {
            query_mdl(passing->object, answer);
        } else {
            answer->pointer = MmGetSystemAddressForMdlSafe(passing->object, NormalPagePriority);
        }
        break;
    default: return false;
    }
    return true;
}

static void perform_data(const struct pp_passing *passing, struct pp_answer *answer) {
    const struct pp_call *call = &passing->call;
    NET_BUFFER_FREE_MDL_HANDLER free_handler = call->handler != 0 ? free_mdl : NULL;
    ULONG copied = 0;
    switch ((enum pp_pool_op_kind)call->kind) {
    case PP_POOL_OP_RETREAT:
        answer->status = NdisRetreatNetBufferDataStart(passing->object, call->delta, call->backfill,
                                                       allocate_handler(call));
        break;
    case PP_POOL_OP_RETREAT_LIST:
        free_handler = call->handler == PP_HANDLER_WITHOUT_FREE ? NULL : free_handler;
        answer->status = NdisRetreatNetBufferListDataStart(passing->object, call->delta, call->backfill,
                                                           allocate_handler(call), free_handler);
        break;
    case PP_POOL_OP_ADVANCE:
        NdisAdvanceNetBufferDataStart(passing->object, call->delta, call->free_mdl, free_handler);
        break;
    case PP_POOL_OP_ADVANCE_LIST:
        NdisAdvanceNetBufferListDataStart(passing->object, call->delta, call->free_mdl, free_handler);
        break;
    case PP_POOL_OP_ADJUST: NdisAdjustNetBufferCurrentMdl(passing->object); break;
    case PP_POOL_OP_GET_DATA:
    case PP_POOL_OP_GET_DATA_INTO:
        answer->storage = !call->has_storage                  ? NULL
                          : call->kind == PP_POOL_OP_GET_DATA ? storage
                                                              : passing->second;
        answer->pointer =
            NdisGetDataBuffer(passing->object, call->bytes, answer->storage, call->align, 0);
        break;
    case PP_POOL_OP_COPY:
        answer->status = NdisCopyFromNetBufferToNetBuffer(passing->object, call->offset, call->bytes,
                                                          passing->second, call->from_offset, &copied);
        answer->number = copied;
        break;
    case PP_POOL_OP_PHYSICAL_COUNT:
        answer->number = NdisQueryNetBufferPhysicalCount(passing->object);
        break;
    default: break;
    }
}

void pp_perform(const struct pp_passing *passing, struct pp_answer *ret_answer) {
    *ret_answer = (struct pp_answer){.status = NDIS_STATUS_SUCCESS};
    if (!perform_pool(passing, ret_answer) && !perform_list(passing, ret_answer) &&
        !perform_derive(passing, ret_answer) && !perform_mdl(passing, ret_answer)) {
        perform_data(passing, ret_answer);
    }
}

// === What the driver writes ===

// All links of a list, since a freed NB has none that could be followed.
static void write_list(int id) {
    const struct pp_model_nbl *nbl = &pp_model.nbls[id];
    NET_BUFFER **link = &pp_places.nbls[id]->FirstNetBuffer;
    for (int nb = nbl->nb; nb != PP_NONE; nb = pp_model.nbs[nb].next) {
        *link = pp_places.nbs[nb];
        if (pp_model.nbs[nb].life != PP_LIVE) {
            return;
        }
        link = &pp_places.nbs[nb]->Next;
    }
    *link = NULL;
}

static void write_nbl(int id) {
    const struct pp_model_nbl *model = &pp_model.nbls[id];
    NET_BUFFER_LIST *nbl = pp_places.nbls[id];
    NET_BUFFER_LIST_NBL_FLAGS(nbl) = model->nbl_flags;
    NBL_CLEAR_PROTOCOL_RSVD_FLAG(nbl, ~0u);
    NBL_SET_PROTOCOL_RSVD_FLAG(nbl, model->own_flags);
    nbl->Scratch = (void *)(uintptr_t)model->scratch;
}

static void write_nb(int id) {
    const struct pp_model_nb *model = &pp_model.nbs[id];
    NET_BUFFER *nb = pp_places.nbs[id];
    NET_BUFFER_FIRST_MDL(nb) = model->mdl == PP_NONE ? NULL : pp_places.mdls[model->mdl];
    NET_BUFFER_CURRENT_MDL(nb) = model->current == PP_NONE ? NULL : pp_places.mdls[model->current];
    NET_BUFFER_CURRENT_MDL_OFFSET(nb) = model->current_offset;
    NET_BUFFER_DATA_OFFSET(nb) = model->offset;
    NET_BUFFER_DATA_LENGTH(nb) = (ULONG)model->length;
}

static void write_parent(int id) {
    int parent = pp_model.nbls[id].parent;
    pp_places.nbls[id]->ParentNetBufferList = pp_places.nbls[parent];
    pp_places.nbls[parent]->ChildRefCount = pp_model.nbls[parent].child_ref_count;
}

void pp_write(const struct pp_call *call) {
    int id = call->object.id;
    switch ((enum pp_pool_op_kind)call->kind) {
    case PP_POOL_OP_MEMORY:
        pp_arena_set_reuse((enum pp_reuse)call->value);
        pp_pool_set_data_offset_zero(call->choice != 0);
        break;
    case PP_POOL_OP_ATTACH:
        pp_places.nbs[call->second.id]->Next = NULL;
        write_list(id);
        break;
    case PP_POOL_OP_DETACH:
    case PP_POOL_OP_ROTATE: write_list(id); break;
    case PP_POOL_OP_SET_FLAGS: write_nbl(id); break;
    case PP_POOL_OP_SET_INFO:
        NET_BUFFER_LIST_INFO(pp_places.nbls[id], call->index) = (void *)(uintptr_t)call->value;
        break;
    case PP_POOL_OP_SET_PARENT: write_parent(id); break;
    case PP_POOL_OP_SET_NB:
    case PP_POOL_OP_HANG: write_nb(id); break;
    case PP_POOL_OP_CHAIN: NDIS_MDL_LINKAGE(pp_places.mdls[id]) = pp_places.mdls[call->second.id]; break;
    case PP_POOL_OP_UNCHAIN: NDIS_MDL_LINKAGE(pp_places.mdls[id]) = NULL; break;
    default: break;
    }
}
