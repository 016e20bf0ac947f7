// SPDX-License-Identifier: MIT
// NDIS functions about pools, and the generic objects that may own them.
#include "pool/front.h"

#define REVISION_1(kind) NDIS_SIZEOF_##kind##_REVISION_1

NDIS_HANDLE NdisAllocateNetBufferListPool(NDIS_HANDLE NdisHandle,
                                          NET_BUFFER_LIST_POOL_PARAMETERS *Parameters) {
    pp_switch_point();
    if (!pp_touch_read(Parameters, REVISION_1(NET_BUFFER_LIST_POOL_PARAMETERS)) ||
        !PP_EMIT(NBL_POOL_ALLOCATE, pp_object(NdisHandle), pp_object(Parameters))) {
        return NULL;
    }
    NDIS_HANDLE pool =
        pp_fault_fires(PP_POINT_NBL_POOL_ALLOCATE) ? NULL : pp_pool->allocate_nbl_pool(Parameters);
    PP_EMIT(NBL_POOL_MADE, pp_object(pool), Parameters->fAllocateNetBuffer != FALSE,
            Parameters->DataSize, Parameters->ContextSize, pp_object(NdisHandle));
    return pool;
}

VOID NdisFreeNetBufferListPool(NDIS_HANDLE PoolHandle) {
    pp_switch_point();
    if (PP_EMIT(NBL_POOL_FREE, pp_object(PoolHandle))) {
        pp_pool->free_nbl_pool(PoolHandle);
    }
}

NDIS_HANDLE NdisAllocateNetBufferPool(NDIS_HANDLE NdisHandle, NET_BUFFER_POOL_PARAMETERS *Parameters) {
    pp_switch_point();
    if (!pp_touch_read(Parameters, REVISION_1(NET_BUFFER_POOL_PARAMETERS)) ||
        !PP_EMIT(NB_POOL_ALLOCATE, pp_object(NdisHandle), pp_object(Parameters))) {
        return NULL;
    }
    NDIS_HANDLE pool =
        pp_fault_fires(PP_POINT_NB_POOL_ALLOCATE) ? NULL : pp_pool->allocate_nb_pool(Parameters);
    PP_EMIT(NB_POOL_MADE, pp_object(pool), Parameters->DataSize, pp_object(NdisHandle));
    return pool;
}

VOID NdisFreeNetBufferPool(NDIS_HANDLE PoolHandle) {
    pp_switch_point();
    if (PP_EMIT(NB_POOL_FREE, pp_object(PoolHandle))) {
        pp_pool->free_nb_pool(PoolHandle);
    }
}

NDIS_HANDLE NdisGetPoolFromNetBufferList(NET_BUFFER_LIST *NetBufferList) {
    pp_switch_point();
    return PP_EMIT(NBL_USE, pp_object(NetBufferList)) ? pp_pool->pool_of_nbl(NetBufferList) : NULL;
}

NDIS_HANDLE NdisGetPoolFromNetBuffer(NET_BUFFER *NetBuffer) {
    pp_switch_point();
    return PP_EMIT(NB_USE, pp_object(NetBuffer)) ? pp_pool->pool_of_nb(NetBuffer) : NULL;
}

NDIS_GENERIC_OBJECT *NdisAllocateGenericObject(DRIVER_OBJECT *DriverObject, ULONG Tag, USHORT Size) {
    (void)Tag;
    pp_switch_point();
    NDIS_GENERIC_OBJECT *object = NULL;
    size_t size = sizeof(*object) + Size;
    if (!pp_fault_fires(PP_POINT_OBJECT_ALLOCATE)) {
        object = pp_arena_take(size, PP_USE_GENERIC);
    }
    if (object != NULL) {
        object->Header =
            (NDIS_OBJECT_HEADER){NDIS_OBJECT_TYPE_GENERIC_OBJECT, NDIS_GENERIC_OBJECT_REVISION_1,
                                 NDIS_SIZEOF_GENERIC_OBJECT_REVISION_1};
        object->Caller = object->CallersCaller = NULL;  // addresses differ from run to run
        object->DriverObject = DriverObject;
    }
    PP_EMIT(OBJECT_MADE, pp_object(object), size);
    return object;
}

VOID NdisFreeGenericObject(NDIS_GENERIC_OBJECT *NdisObject) {
    pp_switch_point();
    if (PP_EMIT(OBJECT_FREE, pp_object(NdisObject)) && pp_arena_is(NdisObject, PP_USE_GENERIC)) {
        pp_arena_give(NdisObject);
    }
}
