// SPDX-License-Identifier: MIT
// Rules about the order of locks, about calls of NDIS with one held, and about the IRQL of calls.
#include "fixture.h"

#define WRITE_ENDS                                                             \
    "a0 = adapter()\nb0 = bind(a0)\nrestart(b0)\nf0 = create(a0)\nwrite(f0)\n" \
    "complete(b0)\nclose(f0)\nunbind(b0)\n"
#define WRITES                                                                                       \
    "a0 = adapter()\nb0 = bind(a0)\nrestart(b0)\nf0 = create(a0)\nwrite(f0)\nwrite(f0)\nclose(f0)\n" \
    "unbind(b0)\n"
#define BIND_ONLY "a0 = adapter()\nb0 = bind(a0)\nunbind(b0)\n"

static NDIS_SPIN_LOCK locks[4];

static void init_locks(void) {
    for (int i = 0; i < 4; i++) {
        NdisAllocateSpinLock(&locks[i]);
    }
}

static void nest(NDIS_SPIN_LOCK *outer, NDIS_SPIN_LOCK *inner) {
    NdisAcquireSpinLock(outer);
    NdisDprAcquireSpinLock(inner);
    NdisDprReleaseSpinLock(inner);
    NdisReleaseSpinLock(outer);
}

// === LOCK-ORDER ===

static NTSTATUS nest_both_ways(void) {
    init_locks();
    nest(&locks[0], &locks[1]);
    nest(&locks[1], &locks[0]);
    return STATUS_SUCCESS;
}

// Always in one order; the inner one may go last.
static NTSTATUS nest_one_way(void) {
    init_locks();
    nest(&locks[0], &locks[1]);
    nest(&locks[1], &locks[2]);
    nest(&locks[0], &locks[2]);
    KIRQL irql;
    KeAcquireSpinLock(&locks[0].SpinLock, &irql);
    KeAcquireSpinLockAtDpcLevel(&locks[1].SpinLock);
    KeReleaseSpinLockFromDpcLevel(&locks[0].SpinLock);
    KeReleaseSpinLock(&locks[1].SpinLock, irql);
    fixture_reached();
    return STATUS_SUCCESS;
}

// A third lock around both keeps the two orders apart.
static NTSTATUS nest_under_a_gate(void) {
    init_locks();
    for (int i = 0; i < 2; i++) {
        NdisAcquireSpinLock(&locks[2]);
        NdisDprAcquireSpinLock(&locks[i]);
        NdisDprAcquireSpinLock(&locks[1 - i]);
        NdisDprReleaseSpinLock(&locks[1 - i]);
        NdisDprReleaseSpinLock(&locks[i]);
        NdisReleaseSpinLock(&locks[2]);
    }
    fixture_reached();
    return STATUS_SUCCESS;
}

// One after the other is no order.
static NTSTATUS take_in_turn(void) {
    init_locks();
    for (int i = 0; i < 4; i++) {
        NdisAcquireSpinLock(&locks[i % 2]);
        NdisReleaseSpinLock(&locks[i % 2]);
    }
    fixture_reached();
    return STATUS_SUCCESS;
}

// Its memory is another lock's in each round.
static NTSTATUS nest_in_memory(void) {
    init_locks();
    for (int i = 0; i < 2; i++) {
        NDIS_SPIN_LOCK *lock = fixture_take_memory(sizeof(*lock));
        NdisAllocateSpinLock(lock);
        nest(i == 0 ? lock : &locks[0], i == 0 ? &locks[0] : lock);
        NdisFreeMemory(lock, 0, 0);
    }
    fixture_reached();
    return STATUS_SUCCESS;
}

// In different calls.
static NTSTATUS nest_in_turn(IRP *irp) {
    bool is_first = fixture.kept[0] == NULL;
    if (is_first) {
        init_locks();
    }
    nest(&locks[is_first ? 0 : 1], &locks[is_first ? 1 : 0]);
    fixture.kept[0] = irp;
    return fixture_end_irp(irp, STATUS_SUCCESS);
}

// Each pair in one order only.
static NTSTATUS nest_in_a_circle(void) {
    init_locks();
    nest(&locks[0], &locks[1]);
    nest(&locks[1], &locks[2]);
    nest(&locks[2], &locks[0]);
    return STATUS_SUCCESS;
}

static NTSTATUS nest_without_a_circle(void) {
    init_locks();
    nest(&locks[0], &locks[1]);
    nest(&locks[1], &locks[2]);
    nest(&locks[3], &locks[0]);
    nest(&locks[0], &locks[2]);
    fixture_reached();
    return STATUS_SUCCESS;
}

static void nest_in_gate(int outer, int inner) {
    NdisAcquireSpinLock(&locks[3]);
    NdisDprAcquireSpinLock(&locks[outer]);
    NdisDprAcquireSpinLock(&locks[inner]);
    NdisDprReleaseSpinLock(&locks[inner]);
    NdisDprReleaseSpinLock(&locks[outer]);
    NdisReleaseSpinLock(&locks[3]);
}

// Two of the three orders exclude each other.
static NTSTATUS nest_in_a_gated_circle(void) {
    init_locks();
    nest_in_gate(0, 1);
    nest(&locks[1], &locks[2]);
    nest_in_gate(2, 0);
    fixture_reached();
    return STATUS_SUCCESS;
}

// A gate that is not always there is none.
static NTSTATUS leave_out_the_gate(void) {
    nest_in_a_gated_circle();
    nest(&locks[2], &locks[0]);
    return STATUS_SUCCESS;
}

static EX_SPIN_LOCK shared_locks[2];

static void nest_shared(int outer, bool is_inner_to_write) {
    KIRQL irql = ExAcquireSpinLockShared(&shared_locks[outer]);
    if (is_inner_to_write) {
        ExReleaseSpinLockExclusive(&shared_locks[1 - outer],
                                   ExAcquireSpinLockExclusive(&shared_locks[1 - outer]));
    } else {
        ExReleaseSpinLockShared(&shared_locks[1 - outer],
                                ExAcquireSpinLockShared(&shared_locks[1 - outer]));
    }
    ExReleaseSpinLockShared(&shared_locks[outer], irql);
}

static NTSTATUS read_and_write_both_ways(void) {
    shared_locks[0] = shared_locks[1] = 0;
    nest_shared(0, /*is_inner_to_write=*/true);
    nest_shared(1, /*is_inner_to_write=*/true);
    return STATUS_SUCCESS;
}

static NTSTATUS read_both_ways(void) {
    shared_locks[0] = shared_locks[1] = 0;
    nest_shared(0, /*is_inner_to_write=*/false);
    nest_shared(1, /*is_inner_to_write=*/false);
    fixture_reached();
    return STATUS_SUCCESS;
}

// Who only tries waits for nobody.
static NTSTATUS try_the_other_way(void) {
    init_locks();
    nest(&locks[0], &locks[1]);
    NdisAcquireSpinLock(&locks[1]);
    if (KeTryToAcquireSpinLockAtDpcLevel(&locks[0].SpinLock)) {
        KeReleaseSpinLockFromDpcLevel(&locks[0].SpinLock);
        fixture_reached();
    }
    NdisReleaseSpinLock(&locks[1]);
    return STATUS_SUCCESS;
}

// === LOCK-NDISCALL ===

static NTSTATUS cancel_in_lock(IRP *irp) {
    NdisAcquireSpinLock(&fixture.lock);
    NdisCancelSendNetBufferLists(fixture.binding, (PVOID)7);
    NdisReleaseSpinLock(&fixture.lock);
    return fixture_write(irp);
}

static NTSTATUS cancel_after_lock(IRP *irp) {
    NdisAcquireSpinLock(&fixture.lock);
    NdisReleaseSpinLock(&fixture.lock);
    NdisCancelSendNetBufferLists(fixture.binding, (PVOID)7);
    fixture_reached();
    return fixture_write(irp);
}

// === IRQL ===

static KIRQL raised_from;

static NDIS_STATUS open_raised(NDIS_HANDLE bind_context, NDIS_BIND_PARAMETERS *parameters) {
    KeRaiseIrql(DISPATCH_LEVEL, &raised_from);
    NDIS_STATUS status = fixture_bind(bind_context, parameters);
    KeLowerIrql(raised_from);
    return status;
}

static NDIS_STATUS bind_reached(NDIS_HANDLE bind_context, NDIS_BIND_PARAMETERS *parameters) {
    fixture_reached();
    return fixture_bind(bind_context, parameters);
}

// Completed where that is allowed: at DISPATCH_LEVEL.
static NDIS_STATUS complete_raised(NDIS_HANDLE bind_context, NDIS_BIND_PARAMETERS *parameters) {
    NDIS_STATUS status = fixture_bind(bind_context, parameters);
    KeRaiseIrql(DISPATCH_LEVEL, &raised_from);
    NdisCompleteBindAdapterEx(bind_context, status);
    KeLowerIrql(raised_from);
    fixture_reached();
    return NDIS_STATUS_PENDING;
}

static NTSTATUS reenumerate_raised(IRP *irp) {
    KeRaiseIrql(DISPATCH_LEVEL, &raised_from);
    NdisReEnumerateProtocolBindings(fixture.protocol);
    KeLowerIrql(raised_from);
    return fixture_write(irp);
}

static NTSTATUS reenumerate(IRP *irp) {
    NdisReEnumerateProtocolBindings(fixture.protocol);
    fixture_reached();
    return fixture_write(irp);
}

static NTSTATUS write_raised(IRP *irp, KIRQL irql) {
    KeRaiseIrql(irql, &raised_from);
    NTSTATUS status = fixture_write(irp);
    KeLowerIrql(raised_from);
    fixture_reached();
    return status;
}

static NTSTATUS send_at_high(IRP *irp) {
    fixture_hold();
    NET_BUFFER_LIST *nbl = fixture_make_send(irp);
    KeRaiseIrql(HIGH_LEVEL, &raised_from);
    NdisSendNetBufferLists(fixture.binding, nbl, NDIS_DEFAULT_PORT_NUMBER, 0);
    KeLowerIrql(raised_from);
    return STATUS_PENDING;
}

static NTSTATUS allocate_at_high(IRP *irp) {
    KeRaiseIrql(HIGH_LEVEL, &raised_from);
    NdisAllocateNetBufferList(fixture.nbl_pool, 0, 0);
    KeLowerIrql(raised_from);
    return fixture_write(irp);
}

static NTSTATUS allocate_mdl_at_high(IRP *irp) {
    void *memory = fixture_take_memory(60);
    KeRaiseIrql(HIGH_LEVEL, &raised_from);
    NdisAllocateMdl(fixture.protocol, memory, 60);
    KeLowerIrql(raised_from);
    return fixture_write(irp);
}

static NTSTATUS allocate_object_at_high(IRP *irp) {
    KeRaiseIrql(HIGH_LEVEL, &raised_from);
    NdisAllocateGenericObject(fixture.driver, 'tseT', 0);
    KeLowerIrql(raised_from);
    return fixture_write(irp);
}

static NTSTATUS write_at_dispatch(IRP *irp) { return write_raised(irp, DISPATCH_LEVEL); }

static const struct check_case cases[] = {
    {.rule = "LOCK-ORDER",
     .title = "poolproof: LOCK-ORDER: two spin locks taken in both orders, first in DriverEntry",
     .catches.load = nest_both_ways,
     .silent.load = nest_one_way},
    {.rule = "LOCK-ORDER",
     .title = "poolproof: LOCK-ORDER: two spin locks taken in both orders, first in DriverEntry",
     .catches.load = nest_both_ways,
     .silent.load = nest_under_a_gate},
    {.rule = "LOCK-ORDER",
     .title = "poolproof: LOCK-ORDER: two spin locks taken in both orders, first in DriverEntry",
     .catches.load = nest_both_ways,
     .silent.load = take_in_turn},
    {.rule = "LOCK-ORDER",
     .title = "poolproof: LOCK-ORDER: two spin locks taken in both orders, first in IRP_MJ_WRITE",
     .catches.write = nest_in_turn,
     .silent.load = nest_in_memory,
     .program = WRITES,
     .silent_program = "memory(reuse: lifo)\nload()\n"},
    {.rule = "LOCK-ORDER",
     .title = "poolproof: LOCK-ORDER: two spin locks taken in both orders, first in DriverEntry",
     .detail = "  spin lock at byte 16 of locks, then spin lock locks:",
     .catches.load = nest_both_ways,
     .silent.load = try_the_other_way},
    {.rule = "LOCK-ORDER",
     .title = "poolproof: LOCK-ORDER: 3 spin locks taken in a circle of orders in DriverEntry",
     .catches.load = nest_in_a_circle,
     .silent.load = nest_without_a_circle},
    {.rule = "LOCK-ORDER",
     .title = "poolproof: LOCK-ORDER: 3 spin locks taken in a circle of orders in DriverEntry",
     .catches.load = leave_out_the_gate,
     .silent.load = nest_in_a_gated_circle},
    {.rule = "LOCK-ORDER",
     .title = "poolproof: LOCK-ORDER: two locks taken in both orders, first in DriverEntry",
     .catches.load = read_and_write_both_ways,
     .silent.load = read_both_ways},
    {.rule = "LOCK-NDISCALL",
     .advice_count = 1,
     .catches.write = cancel_in_lock,
     .silent.write = cancel_after_lock,
     .program = WRITE_ENDS},
    {.rule = "IRQL-PROTO",
     .title = "poolproof: IRQL-PROTO: open adapter at DISPATCH_LEVEL in BindAdapter",
     .catches.bind = open_raised,
     .silent.bind = bind_reached,
     .program = BIND_ONLY},
    {.rule = "IRQL-PROTO",
     .title = "poolproof: IRQL-PROTO: open adapter at DISPATCH_LEVEL in BindAdapter",
     .catches.bind = open_raised,
     .silent.bind = complete_raised,
     .program = BIND_ONLY},
    {.rule = "IRQL-MISC",
     .title = "poolproof: IRQL-MISC: re-enumerate bindings at DISPATCH_LEVEL in IRP_MJ_WRITE",
     .catches.write = reenumerate_raised,
     .silent.write = reenumerate,
     .program = WRITE_ENDS},
    {.rule = "IRQL-SENDRCV",
     .title = "poolproof: IRQL-SENDRCV: send above DISPATCH_LEVEL in IRP_MJ_WRITE",
     .catches.write = send_at_high,
     .silent.write = write_at_dispatch,
     .program = WRITE_ENDS},
    {.rule = "IRQL-NB",
     .title = "poolproof: IRQL-NB: allocate MDL above DISPATCH_LEVEL in IRP_MJ_WRITE",
     .catches.write = allocate_mdl_at_high,
     .silent.write = write_at_dispatch,
     .program = WRITE_ENDS},
    {.rule = "IRQL-MISC",
     .title = "poolproof: IRQL-MISC: generic object made above DISPATCH_LEVEL in IRP_MJ_WRITE",
     .catches.write = allocate_object_at_high,
     .silent.write = write_at_dispatch,
     .program = WRITE_ENDS},
    {.rule = "IRQL-NB",
     .title = "poolproof: IRQL-NB: allocate NBL above DISPATCH_LEVEL in IRP_MJ_WRITE",
     .catches.write = allocate_at_high,
     .silent.write = write_at_dispatch,
     .program = WRITE_ENDS},
};

int main(void) { return CHECK_RUN("lock order", cases); }
