// SPDX-License-Identifier: MIT
// Rules about pools: what is asked of them, and when they go.
#include "fixture.h"

// === POOL-NULL-USE ===

static NTSTATUS use_pool_that_failed(void) {
    NdisAllocateNetBufferList(fixture_make_nbl_pool(true, 0), 0, 0);
    return STATUS_SUCCESS;
}

static NTSTATUS free_pool_that_failed(void) {
    NdisFreeNetBufferPool(fixture_make_nb_pool(0));
    return STATUS_SUCCESS;
}

static NTSTATUS look_at_pools_that_fail(void) {
    NDIS_HANDLE nbl_pool = fixture_make_nbl_pool(true, 0);
    NDIS_HANDLE nb_pool = fixture_make_nb_pool(0);
    fixture_reached();
    if (nbl_pool != NULL) {
        NdisFreeNetBufferListPool(nbl_pool);
    }
    if (nb_pool != NULL) {
        NdisFreeNetBufferPool(nb_pool);
    }
    return STATUS_SUCCESS;
}

#define NO_NBL_POOL "load()                         (fail: nbl_pool.allocate 1)\n"
#define NO_NB_POOL "load()                         (fail: nb_pool.allocate 1)\n"

// === POOL-KIND ===

static NTSTATUS free_nbl_pool_as_nb_pool(void) {
    NdisFreeNetBufferPool(fixture_make_nbl_pool(true, 0));
    return STATUS_SUCCESS;
}

static NTSTATUS free_nb_pool_as_nbl_pool(void) {
    NdisFreeNetBufferListPool(fixture_make_nb_pool(0));
    return STATUS_SUCCESS;
}

static NTSTATUS allocate_nb_from_nbl_pool(void) {
    NdisAllocateNetBuffer(fixture_make_nbl_pool(true, 0), NULL, 0, 0);
    return STATUS_SUCCESS;
}

static NTSTATUS allocate_nbl_from_protocol(void) {
    NdisAllocateNetBufferList(fixture.protocol, 0, 0);
    return STATUS_SUCCESS;
}

static NTSTATUS free_wild_nb_pool(void) {
    NdisFreeNetBufferPool((NDIS_HANDLE)0x123456789);
    return STATUS_SUCCESS;
}

static NTSTATUS use_each_pool_as_what_it_is(void) {
    NDIS_HANDLE nbl_pool = fixture_make_nbl_pool(true, 0);
    NDIS_HANDLE nb_pool = fixture_make_nb_pool(0);
    NdisFreeNetBufferList(NdisAllocateNetBufferList(nbl_pool, 0, 0));
    NdisFreeNetBuffer(NdisAllocateNetBuffer(nb_pool, NULL, 0, 0));
    NdisFreeNetBufferListPool(nbl_pool);
    NdisFreeNetBufferPool(nb_pool);
    fixture_reached();
    return STATUS_SUCCESS;
}

// === POOL-UAF ===

static NTSTATUS allocate_from_freed_pool(void) {
    NDIS_HANDLE pool = fixture_make_nbl_pool(true, 0);
    NdisFreeNetBufferListPool(pool);
    NdisAllocateNetBufferList(pool, 0, 0);
    return STATUS_SUCCESS;
}

static NTSTATUS free_pool_twice(void) {
    NDIS_HANDLE pool = fixture_make_nb_pool(0);
    NdisFreeNetBufferPool(pool);
    NdisFreeNetBufferPool(pool);
    return STATUS_SUCCESS;
}

static NTSTATUS free_and_make_pool_again(void) {
    for (int i = 0; i < 3; i++) {
        NDIS_HANDLE pool = fixture_make_nb_pool(0);
        NdisFreeNetBuffer(NdisAllocateNetBuffer(pool, NULL, 0, 0));
        NdisFreeNetBufferPool(pool);
    }
    fixture_reached();
    return STATUS_SUCCESS;
}

// === POOL-FREE-LIVE-NBL, POOL-FREE-LIVE-NB ===

static NTSTATUS free_nbl_pool_before_nbl(void) {
    NDIS_HANDLE pool = fixture_make_nbl_pool(false, 0);
    NET_BUFFER_LIST *nbl = NdisAllocateNetBufferList(pool, 0, 0);
    NdisFreeNetBufferListPool(pool);
    NdisFreeNetBufferList(nbl);
    return STATUS_SUCCESS;
}

static NTSTATUS free_nbl_before_nbl_pool(void) {
    NDIS_HANDLE pool = fixture_make_nbl_pool(false, 0);
    NDIS_HANDLE other = fixture_make_nbl_pool(false, 0);
    NET_BUFFER_LIST *nbl = NdisAllocateNetBufferList(pool, 0, 0);
    NET_BUFFER_LIST *others = NdisAllocateNetBufferList(other, 0, 0);
    NdisFreeNetBufferList(nbl);
    NdisFreeNetBufferListPool(pool);  // that the other pool has a live NBL is no matter
    NdisFreeNetBufferList(others);
    NdisFreeNetBufferListPool(other);
    fixture_reached();
    return STATUS_SUCCESS;
}

static NTSTATUS send_and_free_pool(IRP *irp) {
    fixture_hold();
    fixture_send(fixture_make_send(irp));
    NdisFreeNetBufferListPool(fixture.nbl_pool);
    return STATUS_PENDING;
}

// What is in flight is of another pool than the one that goes.
static NTSTATUS send_and_free_other_pool(IRP *irp) {
    NDIS_HANDLE pool = fixture_make_nbl_pool(false, 0);
    NdisAllocateNetBufferList(pool, 0, 0);
    fixture_hold();
    fixture_send(fixture_make_send(irp));
    NdisFreeNetBufferListPool(pool);
    return STATUS_PENDING;
}

static NTSTATUS send_and_free_empty_pool(IRP *irp) {
    NDIS_HANDLE pool = fixture_make_nbl_pool(false, 0);
    NdisFreeNetBufferList(NdisAllocateNetBufferList(pool, 0, 0));
    fixture_hold();
    fixture_send(fixture_make_send(irp));
    NdisFreeNetBufferListPool(pool);
    fixture_reached();
    return STATUS_PENDING;
}

// The program completes the send inside the call.
static NTSTATUS send_and_free_pool_after_completion(IRP *irp) {
    fixture_hold();
    fixture_send(fixture_make_send(irp));
    NdisFreeNetBufferListPool(fixture.nbl_pool);
    fixture.nbl_pool = NULL;
    fixture_reached();
    return STATUS_PENDING;
}

#define WRITE_INSIDE                                                \
    "a0 = adapter()\nb0 = bind(a0)\nrestart(b0)\nf0 = create(a0)\n" \
    "write(f0)                      (outcome: send = success)\nclose(f0)\nunbind(b0)\n"

static NTSTATUS free_nb_pool_before_nb(void) {
    NDIS_HANDLE pool = fixture_make_nb_pool(64);
    NET_BUFFER *nb = NdisAllocateNetBufferMdlAndData(pool);
    NdisFreeNetBufferPool(pool);
    NdisFreeNetBuffer(nb);
    return STATUS_SUCCESS;
}

static NTSTATUS free_nb_before_nb_pool(void) {
    NDIS_HANDLE pool = fixture_make_nb_pool(64);
    NET_BUFFER *nb = NdisAllocateNetBufferMdlAndData(pool);
    NdisFreeNetBuffer(nb);
    NdisFreeNetBufferPool(pool);
    fixture_reached();
    return STATUS_SUCCESS;
}

// === ALLOC-*-KIND ===

static NTSTATUS ask_nb_of_pool_without(void) {
    NDIS_HANDLE pool = fixture_make_nbl_pool(false, 0);
    NdisAllocateNetBufferAndNetBufferList(pool, 0, 0, NULL, 0, 0);
    return STATUS_SUCCESS;
}

static NTSTATUS ask_nb_of_pool_with_data(void) {
    NDIS_HANDLE pool = fixture_make_nbl_pool(true, 64);
    NdisAllocateNetBufferAndNetBufferList(pool, 0, 0, NULL, 0, 0);
    return STATUS_SUCCESS;
}

static NTSTATUS ask_nbl_pools_for_what_they_have(void) {
    NDIS_HANDLE bare = fixture_make_nbl_pool(false, 0);
    NDIS_HANDLE with_nb = fixture_make_nbl_pool(true, 0);
    NDIS_HANDLE with_data = fixture_make_nbl_pool(true, 64);
    NdisFreeNetBufferList(NdisAllocateNetBufferList(bare, 0, 0));
    NdisFreeNetBufferList(NdisAllocateNetBufferList(with_nb, 0, 0));
    NdisFreeNetBufferList(NdisAllocateNetBufferAndNetBufferList(with_nb, 0, 0, NULL, 0, 0));
    NdisFreeNetBufferList(NdisAllocateNetBufferList(with_data, 0, 0));
    NdisFreeNetBufferListPool(bare);
    NdisFreeNetBufferListPool(with_nb);
    NdisFreeNetBufferListPool(with_data);
    fixture_reached();
    return STATUS_SUCCESS;
}

static NTSTATUS ask_bare_nb_of_pool_with_data(void) {
    NdisAllocateNetBuffer(fixture_make_nb_pool(64), NULL, 0, 0);
    return STATUS_SUCCESS;
}

static NTSTATUS ask_data_of_pool_without(void) {
    NdisAllocateNetBufferMdlAndData(fixture_make_nb_pool(0));
    return STATUS_SUCCESS;
}

static NTSTATUS ask_bare_nb_of_bare_pool(void) {
    NDIS_HANDLE pool = fixture_make_nb_pool(0);
    NdisFreeNetBuffer(NdisAllocateNetBuffer(pool, NULL, 0, 0));
    NdisFreeNetBufferPool(pool);
    fixture_reached();
    return STATUS_SUCCESS;
}

static NTSTATUS ask_data_of_pool_with_data(void) {
    NDIS_HANDLE pool = fixture_make_nb_pool(1);
    NdisFreeNetBuffer(NdisAllocateNetBufferMdlAndData(pool));
    NdisFreeNetBufferPool(pool);
    fixture_reached();
    return STATUS_SUCCESS;
}

// === ALLOC-FAIL-UNWIND ===

// Makes an NBL and a second NB for the write; fails if there is none of the latter.
static NTSTATUS write_two(IRP *irp, bool unwinds) {
    NET_BUFFER_LIST *nbl = fixture_make_send(irp);
    NET_BUFFER *nb = NdisAllocateNetBuffer(fixture.nb_pool, irp->MdlAddress, 0, 60);
    fixture_reached();
    if (nb != NULL) {
        NdisFreeNetBuffer(nb);
    }
    if (nb != NULL || unwinds) {
        NdisFreeNetBufferList(nbl);
    }
    return fixture_end_irp(irp, nb == NULL ? STATUS_INSUFFICIENT_RESOURCES : STATUS_SUCCESS);
}

static NTSTATUS write_without_unwinding(IRP *irp) { return write_two(irp, /*unwinds=*/false); }
static NTSTATUS write_unwinding(IRP *irp) { return write_two(irp, /*unwinds=*/true); }

// Went on without what failed: what is left behind is a leak, but not for that reason.
static NTSTATUS write_without_need(IRP *irp) {
    fixture_make_send(irp);
    if (NdisAllocateNetBuffer(fixture.nb_pool, irp->MdlAddress, 0, 60) == NULL) {
        fixture_reached();
    }
    return fixture_end_irp(irp, STATUS_SUCCESS);
}

// === ALLOC-NO-FAIL ===

static void ask_for_nbl(void) {
    NET_BUFFER_LIST *nbl = NdisAllocateNetBufferList(fixture.nbl_pool, 0, 0);
    fixture_reached();
    if (nbl != NULL) {
        NdisFreeNetBufferList(nbl);
    }
}

static NDIS_STATUS pause_asking_for_nbl(NET_PNP_EVENT_NOTIFICATION *notification) {
    (void)notification;
    fixture_stop();
    ask_for_nbl();
    return NDIS_STATUS_SUCCESS;
}

static NTSTATUS write_asking_for_nbl(IRP *irp) {
    ask_for_nbl();
    return fixture_end_irp(irp, STATUS_SUCCESS);
}

#define RUNNING "a0 = adapter()\nb0 = bind(a0)\nrestart(b0)\n"
#define PAUSE_WITHOUT_NBL RUNNING "pause(b0) (fail: nbl.allocate 1)\nunbind(b0)\n"
#define PAUSE_WITHOUT_ANYTHING RUNNING "pause(b0) (fail: any 1..)\nunbind(b0)\n"
#define WRITE_WITHOUT_NBL \
    RUNNING "f0 = create(a0)\nwrite(f0) (fail: nbl.allocate 1)\nclose(f0)\nunbind(b0)\n"
#define WRITE_AND_PAUSE_WITHOUT_ANYTHING                                              \
    RUNNING "f0 = create(a0)\nwrite(f0) (fail: any 1..)\nclose(f0) (fail: any 1..)\n" \
            "pause(b0) (fail: any 1..)\nunbind(b0) (fail: any 1..)\n"

// === RETRY ===

static NDIS_STATUS bind_each_time(NDIS_HANDLE bind_context, NDIS_BIND_PARAMETERS *parameters) {
    NDIS_STATUS status = fixture_bind(bind_context, parameters);
    fixture_reached();
    return status;
}

static NDIS_STATUS bind_unless_one_failed(NDIS_HANDLE bind_context, NDIS_BIND_PARAMETERS *parameters) {
    if (fixture.kept[0] != NULL) {
        fixture_reached();
        return NDIS_STATUS_FAILURE;
    }
    NDIS_STATUS status = bind_each_time(bind_context, parameters);
    fixture.kept[0] = status != NDIS_STATUS_SUCCESS ? &fixture : NULL;
    return status;
}

static NTSTATUS create_each_time(IRP *irp) {
    void *memory = ExAllocatePoolWithTag(NonPagedPoolNx, 16, 'tset');
    fixture_reached();
    if (memory == NULL) {
        return fixture_end_irp(irp, STATUS_INSUFFICIENT_RESOURCES);
    }
    ExFreePoolWithTag(memory, 'tset');
    return fixture_end_irp(irp, STATUS_SUCCESS);
}

static NTSTATUS create_unless_one_failed(IRP *irp) {
    if (fixture.kept[0] != NULL) {
        return fixture_end_irp(irp, STATUS_DEVICE_BUSY);
    }
    fixture.kept[0] = &fixture;
    NTSTATUS status = create_each_time(irp);
    fixture.kept[0] = status != STATUS_SUCCESS ? &fixture : NULL;
    return status;
}

#define BOUND_AGAIN "a0 = adapter()\nb0 = bind(a0) (fail: nbl_pool.allocate 1)\nagain()\n"
#define BOUND_AGAIN_IN_VAIN \
    "a0 = adapter()\nb0 = bind(a0) (fail: any 1)\nagain() (fail: nbl_pool.allocate 1)\n"
#define BOUND_LATER \
    "a0 = adapter()\nb0 = bind(a0) (fail: nbl_pool.allocate 1)\nadvance()\nb1 = bind(a0)\n"
#define CREATED_AGAIN \
    "a0 = adapter()\nb0 = bind(a0)\nf0 = create(a0) (fail: memory.allocate 1)\nagain()\n"

// The first write loses its NBL; that a later write finds no NB has nothing to do with it.
static NTSTATUS lose_first_and_unwind_second(IRP *irp) {
    if (fixture.kept[0] == NULL) {
        fixture.kept[0] = fixture_make_send(irp);
        return fixture_end_irp(irp, STATUS_SUCCESS);
    }
    return write_unwinding(irp);
}

#define TWO_WRITES_SECOND_WITHOUT_NB                                           \
    "a0 = adapter()\nb0 = bind(a0)\nrestart(b0)\nf0 = create(a0)\nwrite(f0)\n" \
    "write(f0)                      (fail: nb.allocate 1)\nclose(f0)\nunbind(b0)\n"

#define WRITE_WITHOUT_NB                                            \
    "a0 = adapter()\nb0 = bind(a0)\nrestart(b0)\nf0 = create(a0)\n" \
    "write(f0)                      (fail: nb.allocate 1)\nclose(f0)\nunbind(b0)\n"

// === POOL-HDR, POOL-DATASIZE-NB, POOL-CTX-ALIGN, POOL-TAG, POOL-PROTOID, POOL-HANDLE ===

static NET_BUFFER_LIST_POOL_PARAMETERS nbl_pool_parameters(void) {
    NET_BUFFER_LIST_POOL_PARAMETERS parameters;
    NdisZeroMemory(&parameters, sizeof(parameters));
    parameters.Header.Type = NDIS_OBJECT_TYPE_DEFAULT;
    parameters.Header.Revision = NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1;
    parameters.Header.Size = NDIS_SIZEOF_NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1;
    parameters.fAllocateNetBuffer = TRUE;
    parameters.PoolTag = 'tseT';
    return parameters;
}

static NET_BUFFER_POOL_PARAMETERS nb_pool_parameters(void) {
    NET_BUFFER_POOL_PARAMETERS parameters;
    NdisZeroMemory(&parameters, sizeof(parameters));
    parameters.Header.Type = NDIS_OBJECT_TYPE_DEFAULT;
    parameters.Header.Revision = NET_BUFFER_POOL_PARAMETERS_REVISION_1;
    parameters.Header.Size = NDIS_SIZEOF_NET_BUFFER_POOL_PARAMETERS_REVISION_1;
    parameters.PoolTag = 'tseT';
    return parameters;
}

static NTSTATUS make_and_free(NDIS_HANDLE owner, NET_BUFFER_LIST_POOL_PARAMETERS parameters) {
    NDIS_HANDLE pool = NdisAllocateNetBufferListPool(owner, &parameters);
    fixture_reached();
    if (pool != NULL) {
        NdisFreeNetBufferListPool(pool);
    }
    return STATUS_SUCCESS;
}

static NTSTATUS make_and_free_nb_pool(NDIS_HANDLE owner, NET_BUFFER_POOL_PARAMETERS parameters) {
    NDIS_HANDLE pool = NdisAllocateNetBufferPool(owner, &parameters);
    fixture_reached();
    if (pool != NULL) {
        NdisFreeNetBufferPool(pool);
    }
    return STATUS_SUCCESS;
}

static NTSTATUS make_pool_of_wrong_type(void) {
    NET_BUFFER_LIST_POOL_PARAMETERS parameters = nbl_pool_parameters();
    parameters.Header.Type = NDIS_OBJECT_TYPE_OPEN_PARAMETERS;
    return make_and_free(fixture.protocol, parameters);
}

static NTSTATUS make_pool_of_no_size(void) {
    NET_BUFFER_LIST_POOL_PARAMETERS parameters = nbl_pool_parameters();
    parameters.Header.Size = sizeof(parameters.Header);
    return make_and_free(fixture.protocol, parameters);
}

static NTSTATUS make_nb_pool_of_no_revision(void) {
    NET_BUFFER_POOL_PARAMETERS parameters = nb_pool_parameters();
    parameters.Header.Revision = 0;
    return make_and_free_nb_pool(fixture.protocol, parameters);
}

// sizeof is more than the first revision has, and a later revision begins as the first.
static NTSTATUS make_pools_of_later_revisions(void) {
    NET_BUFFER_LIST_POOL_PARAMETERS parameters = nbl_pool_parameters();
    parameters.Header.Revision++;
    parameters.Header.Size = sizeof(parameters);
    NET_BUFFER_POOL_PARAMETERS nb_parameters = nb_pool_parameters();
    nb_parameters.Header.Revision++;
    nb_parameters.Header.Size = sizeof(nb_parameters);
    make_and_free(fixture.protocol, parameters);
    return make_and_free_nb_pool(fixture.protocol, nb_parameters);
}

static NTSTATUS make_pool_with_data_only(void) {
    NET_BUFFER_LIST_POOL_PARAMETERS parameters = nbl_pool_parameters();
    parameters.fAllocateNetBuffer = FALSE;
    parameters.DataSize = 1;
    return make_and_free(fixture.protocol, parameters);
}

static NTSTATUS make_pools_of_each_mode(void) {
    NET_BUFFER_LIST_POOL_PARAMETERS parameters = nbl_pool_parameters();
    make_and_free(fixture.protocol, parameters);
    parameters.DataSize = 1;
    make_and_free(fixture.protocol, parameters);
    parameters.fAllocateNetBuffer = FALSE;
    parameters.DataSize = 0;
    return make_and_free(fixture.protocol, parameters);
}

static NTSTATUS make_pool_with_context(USHORT size) {
    NET_BUFFER_LIST_POOL_PARAMETERS parameters = nbl_pool_parameters();
    parameters.ContextSize = size;
    return make_and_free(fixture.protocol, parameters);
}

static NTSTATUS make_pool_with_odd_context(void) {
    return make_pool_with_context(MEMORY_ALLOCATION_ALIGNMENT + sizeof(PVOID));
}

static NTSTATUS make_pool_with_even_context(void) {
    make_pool_with_context(0);
    return make_pool_with_context(3 * MEMORY_ALLOCATION_ALIGNMENT);
}

static NTSTATUS make_pools_without_tag(void) {
    NET_BUFFER_LIST_POOL_PARAMETERS parameters = nbl_pool_parameters();
    NET_BUFFER_POOL_PARAMETERS nb_parameters = nb_pool_parameters();
    parameters.PoolTag = nb_parameters.PoolTag = 0;
    make_and_free(fixture.protocol, parameters);
    return make_and_free_nb_pool(fixture.protocol, nb_parameters);
}

static NTSTATUS make_pool_of_protocol(UCHAR id) {
    NET_BUFFER_LIST_POOL_PARAMETERS parameters = nbl_pool_parameters();
    parameters.ProtocolId = id;
    return make_and_free(fixture.protocol, parameters);
}

static NTSTATUS make_pool_of_unknown_protocol(void) { return make_pool_of_protocol(0x42); }

static NTSTATUS make_pools_of_known_protocols(void) {
    make_pool_of_protocol(NDIS_PROTOCOL_ID_DEFAULT);
    make_pool_of_protocol(NDIS_PROTOCOL_ID_TCP_IP);
    make_pool_of_protocol(NDIS_PROTOCOL_ID_IPX);
    return make_pool_of_protocol(NDIS_PROTOCOL_ID_NBF);
}

static NTSTATUS make_pools_with_wrong_owners(void) {
    NDIS_GENERIC_OBJECT *object = NdisAllocateGenericObject(fixture.driver, 'tseT', 0);
    NDIS_HANDLE pool = fixture_make_nb_pool(0);
    NdisFreeGenericObject(object);
    make_and_free(object, nbl_pool_parameters());
    make_and_free_nb_pool(pool, nb_pool_parameters());
    make_and_free((NDIS_HANDLE)0x123456789, nbl_pool_parameters());
    NdisFreeNetBufferPool(pool);
    return STATUS_SUCCESS;
}

static NTSTATUS make_pools_with_own_handles(void) {
    NDIS_GENERIC_OBJECT *object = NdisAllocateGenericObject(fixture.driver, 'tseT', 16);
    make_and_free(object, nbl_pool_parameters());
    make_and_free_nb_pool(object, nb_pool_parameters());
    make_and_free(fixture.protocol, nbl_pool_parameters());
    make_and_free(NULL, nbl_pool_parameters());
    NdisFreeGenericObject(object);
    return STATUS_SUCCESS;
}

// === POOL-RESIZE ===

#define TWO_RESTARTS "a0 = adapter()\nb0 = bind(a0)\nrestart(b0)\npause(b0)\nrestart(b0)\nunbind(b0)\n"

static NDIS_STATUS replace_pools(void) {
    fixture_free_pools();
    fixture_make_pools();
    fixture_start();
    return NDIS_STATUS_SUCCESS;
}

static NDIS_STATUS replace_pool_with_care(void) {
    NDIS_HANDLE pool = fixture_make_nb_pool(0);
    NdisFreeNetBufferPool(fixture.nb_pool);
    fixture.nb_pool = pool;
    fixture_start();
    return NDIS_STATUS_SUCCESS;
}

// What a pause gives back, a restart gets again; what a restart tries, it takes back.
static NDIS_STATUS free_pools_in_pause(NET_PNP_EVENT_NOTIFICATION *notification) {
    (void)notification;
    fixture_stop();
    fixture_free_pools();
    return NDIS_STATUS_SUCCESS;
}

static NDIS_STATUS make_missing_pools(void) {
    NdisFreeNetBufferPool(fixture_make_nb_pool(4096));
    if (fixture.nb_pool == NULL) {
        fixture_make_pools();
        fixture_reached();
    }
    fixture_start();
    return NDIS_STATUS_SUCCESS;
}

// === POOL-GENOBJ ===

static NTSTATUS free_object_before_pool(void) {
    NDIS_GENERIC_OBJECT *object = NdisAllocateGenericObject(fixture.driver, 'tseT', 0);
    NET_BUFFER_POOL_PARAMETERS parameters = nb_pool_parameters();
    NDIS_HANDLE pool = NdisAllocateNetBufferPool(object, &parameters);
    NdisFreeGenericObject(object);
    NdisFreeNetBufferPool(pool);
    return STATUS_SUCCESS;
}

static NTSTATUS free_object_before_memory(void) {
    NDIS_GENERIC_OBJECT *object = NdisAllocateGenericObject(fixture.driver, 'tseT', 0);
    void *memory = NdisAllocateMemoryWithTagPriority(object, 64, 'tseT', NormalPoolPriority);
    NdisFreeGenericObject(object);
    NdisFreeMemory(memory, 0, 0);
    return STATUS_SUCCESS;
}

static NTSTATUS free_object_last(void) {
    NDIS_GENERIC_OBJECT *object = NdisAllocateGenericObject(fixture.driver, 'tseT', 0);
    NDIS_GENERIC_OBJECT *other = NdisAllocateGenericObject(fixture.driver, 'tseT', 0);
    NET_BUFFER_LIST_POOL_PARAMETERS parameters = nbl_pool_parameters();
    NDIS_HANDLE pool = NdisAllocateNetBufferListPool(object, &parameters);
    void *memory = NdisAllocateMemoryWithTagPriority(object, 64, 'tseT', NormalPoolPriority);
    MDL *mdl = NdisAllocateMdl(object, memory, 64);
    NdisFreeGenericObject(other);  // nothing was made with it
    NdisFreeMdl(mdl);
    NdisFreeMemory(memory, 0, 0);
    NdisFreeNetBufferListPool(pool);
    NdisFreeGenericObject(object);
    fixture_reached();
    return STATUS_SUCCESS;
}

static NTSTATUS free_object_twice(void) {
    NDIS_GENERIC_OBJECT *object = NdisAllocateGenericObject(fixture.driver, 'tseT', 0);
    NdisFreeGenericObject(object);
    NdisFreeGenericObject(object);
    return STATUS_SUCCESS;
}

static NTSTATUS free_protocol_as_object(void) {
    NdisFreeGenericObject(fixture.protocol);
    return STATUS_SUCCESS;
}

// === ALLOC-CTX-ALIGN, ALLOC-NULLMDL, ALLOC-RANGE, ALLOC-NULL-USE ===

static NTSTATUS ask_nbls_with_context(USHORT size, USHORT backfill) {
    NDIS_HANDLE pool = fixture_make_nbl_pool(true, 0);
    NdisFreeNetBufferList(NdisAllocateNetBufferList(pool, size, 0));
    NdisFreeNetBufferList(NdisAllocateNetBufferAndNetBufferList(pool, 0, backfill, NULL, 0, 0));
    NdisFreeNetBufferListPool(pool);
    fixture_reached();
    return STATUS_SUCCESS;
}

static NTSTATUS ask_nbls_with_odd_context(void) { return ask_nbls_with_context(8, 17); }

static NTSTATUS ask_nbls_with_even_context(void) {
    return ask_nbls_with_context(2 * MEMORY_ALLOCATION_ALIGNMENT, MEMORY_ALLOCATION_ALIGNMENT);
}

// An NB, or an NBL and its NB, over 100 bytes in two MDLs, or none.
static NTSTATUS ask_over(bool is_nbl, bool has_mdls, ULONG offset, SIZE_T length) {
    NDIS_HANDLE nbl_pool = fixture_make_nbl_pool(true, 0);
    NDIS_HANDLE nb_pool = fixture_make_nb_pool(0);
    char *memory = fixture_take_memory(100);
    MDL *first = NdisAllocateMdl(fixture.protocol, memory, 40);
    MDL *second = NdisAllocateMdl(fixture.protocol, memory + 40, 60);
    first->Next = second;
    MDL *mdls = has_mdls ? first : NULL;
    if (is_nbl) {
        NET_BUFFER_LIST *nbl =
            NdisAllocateNetBufferAndNetBufferList(nbl_pool, 0, 0, mdls, offset, length);
        NdisFreeNetBufferList(nbl);
    } else {
        NdisFreeNetBuffer(NdisAllocateNetBuffer(nb_pool, mdls, offset, length));
    }
    NdisFreeMdl(first);
    NdisFreeMdl(second);
    NdisFreeMemory(memory, 0, 0);
    NdisFreeNetBufferListPool(nbl_pool);
    NdisFreeNetBufferPool(nb_pool);
    fixture_reached();
    return STATUS_SUCCESS;
}

static NTSTATUS ask_nb_with_length_only(void) { return ask_over(false, false, 0, 1); }
static NTSTATUS ask_nbl_with_offset_only(void) { return ask_over(true, false, 1, 0); }
static NTSTATUS ask_nb_beyond_mdls(void) { return ask_over(false, true, 41, 60); }
static NTSTATUS ask_nbl_behind_mdls(void) { return ask_over(true, true, 101, 0); }
static NTSTATUS ask_nbl_of_huge_length(void) { return ask_over(true, true, 1, SIZE_MAX); }

static NTSTATUS ask_to_the_last_byte(void) {
    ask_over(false, false, 0, 0);
    ask_over(true, false, 0, 0);
    ask_over(false, true, 40, 60);
    ask_over(true, true, 100, 0);
    return ask_over(true, true, 0, 100);
}

static NTSTATUS ask_nb_over(MDL *mdl) {
    NdisAllocateNetBuffer(fixture_make_nb_pool(0), mdl, 0, 0);
    return STATUS_SUCCESS;
}

static NTSTATUS ask_nb_over_freed_memory(void) {
    void *memory = fixture_take_memory(64);
    MDL *mdl = NdisAllocateMdl(fixture.protocol, memory, 64);
    NdisFreeMemory(memory, 0, 0);
    return ask_nb_over(mdl);
}

static NTSTATUS ask_nb_over_cyclic_mdls(void) {
    MDL *mdl = NdisAllocateMdl(fixture.protocol, fixture_take_memory(64), 64);
    mdl->Next = mdl;
    return ask_nb_over(mdl);
}

static NTSTATUS use_nbl_unseen(void) {
    NDIS_HANDLE pool = fixture_make_nbl_pool(true, 0);
    NET_BUFFER_LIST *nbl = NdisAllocateNetBufferList(pool, 0, 0);
    nbl->SourceHandle = NULL;
    return STATUS_SUCCESS;
}

static NTSTATUS use_memory_unseen(void) {
    *(volatile char *)fixture_take_memory(64) = 1;
    return STATUS_SUCCESS;
}

static NTSTATUS look_at_what_fails(void) {
    NDIS_HANDLE pool = fixture_make_nbl_pool(true, 0);
    NET_BUFFER_LIST *nbl = NdisAllocateNetBufferList(pool, 0, 0);
    volatile char *memory = fixture_take_memory(64);
    if (nbl != NULL) {
        nbl->SourceHandle = NULL;
        NdisFreeNetBufferList(nbl);
    }
    if (memory != NULL) {
        *memory = 1;
        NdisFreeMemory((void *)memory, 0, 0);
    }
    NdisFreeNetBufferListPool(pool);
    fixture_reached();
    return STATUS_SUCCESS;
}

#define NO_NBL "load()                         (fail: nbl.allocate 1)\n"
#define NO_MEMORY "load()                         (fail: memory.allocate 1)\n"

// === POOL-SIZED ===

// A send with so much room in front of the data, retreated or not.
static NTSTATUS send_with_room(IRP *irp, ULONG room, ULONG header) {
    fixture_hold();
    NET_BUFFER_LIST *nbl = fixture_make_send(irp);
    NET_BUFFER *nb = nbl->FirstNetBuffer;
    fixture.kept[0] = fixture_take_memory(256);
    nb->MdlChain = nb->CurrentMdl = fixture.kept[1] =
        NdisAllocateMdl(fixture.protocol, fixture.kept[0], 256);
    nb->DataOffset = nb->CurrentMdlOffset = room + header;
    NdisRetreatNetBufferDataStart(nb, header, 0, NULL);
    fixture_send(nbl);
    return STATUS_PENDING;
}

static NTSTATUS send_with_room_used_up(IRP *irp) { return send_with_room(irp, 13, 14); }

static NTSTATUS send_with_room_left(IRP *irp) { return send_with_room(irp, 14, 14); }

static void free_room(NET_BUFFER_LIST *nbl) {
    NdisFreeMdl(fixture.kept[1]);
    NdisFreeMemory(fixture.kept[0], 0, 0);
    fixture_end_send(nbl);
    fixture_reached();
}

static void end_send(NET_BUFFER_LIST *nbl) {
    fixture_reached();
    fixture_end_send(nbl);
}

#define ONE_WRITE_WITH_BACKFILL                                                            \
    "a0 = adapter(backfill: 14)\nb0 = bind(a0)\nrestart(b0)\nf0 = create(a0)\nwrite(f0)\n" \
    "complete(b0)\nclose(f0)\nunbind(b0)\n"

static const struct check_case cases[] = {
    {.rule = "POOL-HDR",
     .title = "poolproof: POOL-HDR: NBL pool asked for with a wrong header in DriverEntry",
     .catches.load = make_pool_of_wrong_type,
     .silent.load = make_pools_of_later_revisions},
    {.rule = "POOL-HDR",
     .title = "poolproof: POOL-HDR: NBL pool asked for with a wrong header in DriverEntry",
     .catches.load = make_pool_of_no_size,
     .silent.load = make_pools_of_later_revisions},
    {.rule = "POOL-HDR",
     .title = "poolproof: POOL-HDR: NB pool asked for with a wrong header in DriverEntry",
     .catches.load = make_nb_pool_of_no_revision,
     .silent.load = make_pools_of_later_revisions},
    {.rule = "POOL-DATASIZE-NB",
     .title = "poolproof: POOL-DATASIZE-NB: NBL pool with data and without NBs asked for in DriverEntry",
     .catches.load = make_pool_with_data_only,
     .silent.load = make_pools_of_each_mode},
    {.rule = "POOL-CTX-ALIGN",
     .advice_count = 1,
     .catches.load = make_pool_with_odd_context,
     .silent.load = make_pool_with_even_context},
    {.rule = "POOL-TAG",
     .advice_count = 2,
     .catches.load = make_pools_without_tag,
     .silent.load = make_pools_of_each_mode},
    {.rule = "POOL-PROTOID",
     .advice_count = 1,
     .catches.load = make_pool_of_unknown_protocol,
     .silent.load = make_pools_of_known_protocols},
    {.rule = "POOL-HANDLE",
     .advice_count = 3,
     .catches.load = make_pools_with_wrong_owners,
     .silent.load = make_pools_with_own_handles},
    {.rule = "POOL-RESIZE",
     .advice_count = 4,
     .catches.restart = replace_pools,
     .silent = {.pause = free_pools_in_pause, .restart = make_missing_pools},
     .program = TWO_RESTARTS},
    {.rule = "POOL-RESIZE",
     .advice_count = 2,
     .catches.restart = replace_pool_with_care,
     .silent = {.pause = free_pools_in_pause, .restart = make_missing_pools},
     .program = TWO_RESTARTS},
    {.rule = "POOL-GENOBJ",
     .title = "poolproof: POOL-GENOBJ: generic object freed before what was made with it in DriverEntry",
     .catches.load = free_object_before_pool,
     .silent.load = free_object_last},
    {.rule = "POOL-GENOBJ",
     .title = "poolproof: POOL-GENOBJ: generic object freed before what was made with it in DriverEntry",
     .catches.load = free_object_before_memory,
     .silent.load = free_object_last},
    {.rule = "MEM-UAF",
     .title = "poolproof: MEM-UAF: generic object freed again in DriverEntry",
     .catches.load = free_object_twice,
     .silent.load = free_object_last},
    {.rule = "POOL-PRIVATE",
     .title = "poolproof: POOL-PRIVATE: something that is no generic object freed in DriverEntry",
     .catches.load = free_protocol_as_object,
     .silent.load = free_object_last},
    {.rule = "POOL-SIZED",
     .advice_count = 1,
     .catches.send_complete = end_send,
     .silent = {.write = send_with_room_left, .send_complete = free_room},
     .program = ONE_WRITE_WITH_BACKFILL},
    {.rule = "POOL-SIZED",
     .advice_count = 1,
     .catches = {.write = send_with_room_used_up, .send_complete = free_room},
     .silent.send_complete = end_send,
     .program = ONE_WRITE_WITH_BACKFILL,
     .silent_program = check_one_write},
    {.rule = "ALLOC-CTX-ALIGN",
     .advice_count = 2,
     .catches.load = ask_nbls_with_odd_context,
     .silent.load = ask_nbls_with_even_context},
    {.rule = "ALLOC-NULLMDL",
     .title = "poolproof: ALLOC-NULLMDL: data without MDLs asked for in DriverEntry",
     .catches.load = ask_nb_with_length_only,
     .silent.load = ask_to_the_last_byte},
    {.rule = "ALLOC-NULLMDL",
     .title = "poolproof: ALLOC-NULLMDL: data without MDLs asked for in DriverEntry",
     .catches.load = ask_nbl_with_offset_only,
     .silent.load = ask_to_the_last_byte},
    {.rule = "ALLOC-RANGE",
     .title = "poolproof: ALLOC-RANGE: more data asked for than the MDLs have in DriverEntry",
     .detail = "DataOffset 41, DataLength 60, 100 bytes in the chain\n",
     .catches.load = ask_nb_beyond_mdls,
     .silent.load = ask_to_the_last_byte},
    {.rule = "ALLOC-RANGE",
     .title = "poolproof: ALLOC-RANGE: more data asked for than the MDLs have in DriverEntry",
     .catches.load = ask_nbl_behind_mdls,
     .silent.load = ask_to_the_last_byte},
    {.rule = "ALLOC-RANGE",
     .title = "poolproof: ALLOC-RANGE: more data asked for than the MDLs have in DriverEntry",
     .catches.load = ask_nbl_of_huge_length,
     .silent.load = ask_to_the_last_byte},
    {.rule = "MDL-BUFFER-LIFE",
     .title = "poolproof: MDL-BUFFER-LIFE: NB asked for with an MDL of freed memory in DriverEntry",
     .catches.load = ask_nb_over_freed_memory,
     .silent.load = ask_to_the_last_byte},
    {.rule = "NBL-ACYCLIC",
     .title = "poolproof: NBL-ACYCLIC: NB asked for with an MDL chain that does not end in DriverEntry",
     .catches.load = ask_nb_over_cyclic_mdls,
     .silent.load = ask_to_the_last_byte},
    {.rule = "ALLOC-NULL-USE",
     .title = "poolproof: ALLOC-NULL-USE: result of a failed allocation used in DriverEntry",
     .catches.load = use_nbl_unseen,
     .silent.load = look_at_what_fails,
     .program = NO_NBL},
    {.rule = "ALLOC-NULL-USE",
     .title = "poolproof: ALLOC-NULL-USE: result of a failed allocation used in DriverEntry",
     .catches.load = use_memory_unseen,
     .silent.load = look_at_what_fails,
     .program = NO_MEMORY},
    {.rule = "POOL-NULL-USE",
     .title = "poolproof: POOL-NULL-USE: NULL pool handle used in DriverEntry",
     .catches.load = use_pool_that_failed,
     .silent.load = look_at_pools_that_fail,
     .program = NO_NBL_POOL},
    {.rule = "POOL-NULL-USE",
     .title = "poolproof: POOL-NULL-USE: NULL pool handle used in DriverEntry",
     .catches.load = free_pool_that_failed,
     .silent.load = look_at_pools_that_fail,
     .program = NO_NB_POOL},
    {.rule = "POOL-KIND",
     .title = "poolproof: POOL-KIND: NBL pool used as an NB pool in DriverEntry",
     .catches.load = free_nbl_pool_as_nb_pool,
     .silent.load = use_each_pool_as_what_it_is},
    {.rule = "POOL-KIND",
     .title = "poolproof: POOL-KIND: NB pool used as an NBL pool in DriverEntry",
     .catches.load = free_nb_pool_as_nbl_pool,
     .silent.load = use_each_pool_as_what_it_is},
    {.rule = "POOL-KIND",
     .title = "poolproof: POOL-KIND: NBL pool used as an NB pool in DriverEntry",
     .catches.load = allocate_nb_from_nbl_pool,
     .silent.load = use_each_pool_as_what_it_is},
    {.rule = "POOL-KIND",
     .title = "poolproof: POOL-KIND: something else used as an NBL pool in DriverEntry",
     .catches.load = allocate_nbl_from_protocol,
     .silent.load = use_each_pool_as_what_it_is},
    {.rule = "POOL-KIND",
     .title = "poolproof: POOL-KIND: something else used as an NB pool in DriverEntry",
     .catches.load = free_wild_nb_pool,
     .silent.load = use_each_pool_as_what_it_is},
    {.rule = "POOL-UAF",
     .title = "poolproof: POOL-UAF: freed pool used in DriverEntry",
     .catches.load = allocate_from_freed_pool,
     .silent.load = free_and_make_pool_again},
    {.rule = "POOL-UAF",
     .title = "poolproof: POOL-UAF: pool freed again in DriverEntry",
     .catches.load = free_pool_twice,
     .silent.load = free_and_make_pool_again},
    {.rule = "POOL-FREE-LIVE-NBL",
     .title = "poolproof: POOL-FREE-LIVE-NBL: NBL pool freed with live NBLs in DriverEntry",
     .catches.load = free_nbl_pool_before_nbl,
     .silent.load = free_nbl_before_nbl_pool},
    {.rule = "POOL-FREE-LIVE-NBL",
     .title = "poolproof: POOL-FREE-LIVE-NBL: NBL pool freed with NBLs in flight in IRP_MJ_WRITE",
     .catches.write = send_and_free_pool,
     .silent.write = send_and_free_pool_after_completion,
     .program = check_one_write,
     .silent_program = WRITE_INSIDE},
    {.rule = "POOL-FREE-LIVE-NBL",
     .title = "poolproof: POOL-FREE-LIVE-NBL: NBL pool freed with live NBLs in IRP_MJ_WRITE",
     .catches.write = send_and_free_other_pool,
     .silent.write = send_and_free_empty_pool,
     .program = check_one_write},
    {.rule = "POOL-FREE-LIVE-NBL",
     .title = "poolproof: POOL-FREE-LIVE-NBL: NBL pool freed with live NBLs in UnbindAdapter",
     .catches.write = lose_first_and_unwind_second,
     .silent.write = write_unwinding,
     .program = TWO_WRITES_SECOND_WITHOUT_NB},
    {.rule = "POOL-FREE-LIVE-NBL",
     .title = "poolproof: POOL-FREE-LIVE-NBL: NBL pool freed with live NBLs in UnbindAdapter",
     .catches.write = write_without_need,
     .silent.write = write_unwinding,
     .program = WRITE_WITHOUT_NB},
    {.rule = "POOL-FREE-LIVE-NB",
     .title = "poolproof: POOL-FREE-LIVE-NB: NB pool freed with live NBs in DriverEntry",
     .catches.load = free_nb_pool_before_nb,
     .silent.load = free_nb_before_nb_pool},
    {.rule = "ALLOC-NBNBL-KIND",
     .title = "poolproof: ALLOC-NBNBL-KIND: NB asked of a pool without NBs in DriverEntry",
     .catches.load = ask_nb_of_pool_without,
     .silent.load = ask_nbl_pools_for_what_they_have},
    {.rule = "ALLOC-NBNBL-KIND",
     .title = "poolproof: ALLOC-NBNBL-KIND: NB and NBL asked of a pool with data in DriverEntry",
     .catches.load = ask_nb_of_pool_with_data,
     .silent.load = ask_nbl_pools_for_what_they_have},
    {.rule = "ALLOC-NB-KIND",
     .title = "poolproof: ALLOC-NB-KIND: bare NB asked of a pool with data in DriverEntry",
     .catches.load = ask_bare_nb_of_pool_with_data,
     .silent.load = ask_bare_nb_of_bare_pool},
    {.rule = "ALLOC-MDLDATA-KIND",
     .title = "poolproof: ALLOC-MDLDATA-KIND: NB with data asked of a pool without data in DriverEntry",
     .catches.load = ask_data_of_pool_without,
     .silent.load = ask_data_of_pool_with_data},
    {.rule = "ALLOC-FAIL-UNWIND",
     .title = "poolproof: ALLOC-FAIL-UNWIND: NBL not released after a later allocation failed, "
              "made in IRP_MJ_WRITE",
     .catches.write = write_without_unwinding,
     .silent.write = write_unwinding,
     .program = WRITE_WITHOUT_NB},
    {.rule = "ALLOC-NO-FAIL",
     .advice_count = 1,
     .catches.pause = pause_asking_for_nbl,
     .silent.write = write_asking_for_nbl,
     .program = PAUSE_WITHOUT_NBL,
     .silent_program = WRITE_WITHOUT_NBL},
    {.rule = "ALLOC-NO-FAIL",
     .advice_count = 1,
     .catches.pause = pause_asking_for_nbl,
     .silent.write = write_asking_for_nbl,
     .program = PAUSE_WITHOUT_ANYTHING,
     .silent_program = WRITE_AND_PAUSE_WITHOUT_ANYTHING},
    {.rule = "RETRY",
     .advice_count = 1,
     .catches.bind = bind_unless_one_failed,
     .silent.bind = bind_each_time,
     .program = BOUND_AGAIN},
    {.rule = "RETRY",
     .advice_count = 1,
     .catches.bind = bind_unless_one_failed,
     .silent.bind = bind_each_time,
     .program = BOUND_AGAIN,
     .silent_program = BOUND_AGAIN_IN_VAIN},
    {.rule = "RETRY",
     .advice_count = 1,
     .catches.bind = bind_unless_one_failed,
     .silent.bind = bind_unless_one_failed,
     .program = BOUND_AGAIN,
     .silent_program = BOUND_LATER},
    {.rule = "RETRY",
     .advice_count = 1,
     .catches.create = create_unless_one_failed,
     .silent.create = create_each_time,
     .program = CREATED_AGAIN},
};

int main(void) { return CHECK_RUN("pools", cases); }
