// SPDX-License-Identifier: MIT
// Rules about derived NBLs: what they are made of, how they are freed, and what holds for their original
// meanwhile. Also about calls that only look at an NBL or an NB.
#include "fixture.h"

#include <wdm.h>

#define DELTA 14

// An NBL over 100 bytes: kept[0] is the memory, kept[1] the MDL.
static NET_BUFFER_LIST *make_original(void) {
    fixture_make_pools();
    fixture.kept[0] = fixture_take_memory(100);
    fixture.kept[1] = NdisAllocateMdl(fixture.protocol, fixture.kept[0], 100);
    return NdisAllocateNetBufferAndNetBufferList(fixture.nbl_pool, 0, 0, fixture.kept[1], 0, 100);
}

static NTSTATUS free_original(NET_BUFFER_LIST *original) {
    NdisFreeNetBufferList(original);
    NdisFreeMdl(fixture.kept[1]);
    NdisFreeMemory(fixture.kept[0], 0, 0);
    fixture_free_pools();
    fixture_reached();
    return STATUS_SUCCESS;
}

static NET_BUFFER_LIST *clone(NET_BUFFER_LIST *original) {
    return NdisAllocateCloneNetBufferList(original, NULL, NULL, 0);
}

static NET_BUFFER_LIST *fragment(NET_BUFFER_LIST *original) {
    return NdisAllocateFragmentNetBufferList(original, NULL, NULL, 0, 40, DELTA, 0, 0);
}

static NET_BUFFER_LIST *reassemble(NET_BUFFER_LIST *original) {
    return NdisAllocateReassembledNetBufferList(original, NULL, 0, DELTA, 0, 0);
}

// === FREE-PAIR-*, FREE-CLONE-FLAGS, FREE-FRAG-DELTA, FREE-REASM-DELTA ===

static NTSTATUS free_clone_plainly(void) {
    NdisFreeNetBufferList(clone(make_original()));
    return STATUS_SUCCESS;
}

static NTSTATUS free_plain_as_clone(void) {
    NdisFreeCloneNetBufferList(make_original(), 0);
    return STATUS_SUCCESS;
}

static NTSTATUS free_fragment_plainly(void) {
    NdisFreeNetBufferList(fragment(make_original()));
    return STATUS_SUCCESS;
}

static NTSTATUS free_fragment_as_clone(void) {
    NdisFreeCloneNetBufferList(fragment(make_original()), 0);
    return STATUS_SUCCESS;
}

static NTSTATUS free_plain_as_fragment(void) {
    NdisFreeFragmentNetBufferList(make_original(), 0, 0);
    return STATUS_SUCCESS;
}

static NTSTATUS free_reassembled_plainly(void) {
    NdisFreeNetBufferList(reassemble(make_original()));
    return STATUS_SUCCESS;
}

static NTSTATUS free_reassembled_as_fragment(void) {
    NdisFreeFragmentNetBufferList(reassemble(make_original()), DELTA, 0);
    return STATUS_SUCCESS;
}

static NTSTATUS free_plain_as_reassembled(void) {
    NdisFreeReassembledNetBufferList(make_original(), 0, 0);
    return STATUS_SUCCESS;
}

static NTSTATUS free_clone_with_less(void) {
    NdisFreeCloneNetBufferList(
        NdisAllocateCloneNetBufferList(make_original(), NULL, NULL, NDIS_CLONE_FLAGS_USE_ORIGINAL_MDLS),
        0);
    return STATUS_SUCCESS;
}

static NTSTATUS free_clone_with_more(void) {
    NdisFreeCloneNetBufferList(clone(make_original()), NDIS_CLONE_FLAGS_USE_ORIGINAL_MDLS);
    return STATUS_SUCCESS;
}

static NTSTATUS free_fragment_with_less(void) {
    NdisFreeFragmentNetBufferList(fragment(make_original()), 0, 0);
    return STATUS_SUCCESS;
}

static NTSTATUS free_reassembled_with_more(void) {
    NdisFreeReassembledNetBufferList(reassemble(make_original()), DELTA + 1, 0);
    return STATUS_SUCCESS;
}

// One of each kind lives at the same time, also one of one; each goes by its own function.
static NTSTATUS free_each_by_its_own(void) {
    NET_BUFFER_LIST *original = make_original();
    NET_BUFFER_LIST *cloned = clone(original);
    NET_BUFFER_LIST *sharing = NdisAllocateCloneNetBufferList(cloned, fixture.nbl_pool, fixture.nb_pool,
                                                              NDIS_CLONE_FLAGS_USE_ORIGINAL_MDLS);
    NET_BUFFER_LIST *fragments = NdisAllocateFragmentNetBufferList(original, fixture.nbl_pool,
                                                                   fixture.nb_pool, 10, 40, DELTA, 2, 0);
    NET_BUFFER_LIST *whole =
        NdisAllocateReassembledNetBufferList(fragments, fixture.nbl_pool, DELTA, DELTA, 0, 0);
    NdisFreeReassembledNetBufferList(whole, DELTA, 0);
    NdisFreeCloneNetBufferList(sharing, NDIS_CLONE_FLAGS_USE_ORIGINAL_MDLS);
    NdisFreeFragmentNetBufferList(fragments, DELTA, 0);
    NdisFreeCloneNetBufferList(cloned, 0);
    return free_original(original);
}

// === FREE-RSVD-FLAGS ===

static NTSTATUS give_reserved_flags(void) {
    NET_BUFFER_LIST *original = make_original();
    NdisFreeCloneNetBufferList(
        NdisAllocateCloneNetBufferList(original, NULL, NULL, NDIS_CLONE_FLAGS_RESERVED),
        NDIS_CLONE_FLAGS_RESERVED);
    NdisFreeFragmentNetBufferList(
        NdisAllocateFragmentNetBufferList(original, NULL, NULL, 0, 40, 0, 0, 1), 0, 1);
    NdisFreeReassembledNetBufferList(NdisAllocateReassembledNetBufferList(original, NULL, 0, 0, 0, 1), 0,
                                     1);
    return free_original(original);
}

// === DERIVE-ARGS ===

static NTSTATUS fragment_into_nothing(void) {
    NdisAllocateFragmentNetBufferList(make_original(), NULL, NULL, 0, 0, 0, 0, 0);
    return STATUS_SUCCESS;
}

static NTSTATUS fragment_from_behind(void) {
    NdisAllocateFragmentNetBufferList(make_original(), NULL, NULL, 101, 40, 0, 0, 0);
    return STATUS_SUCCESS;
}

static NTSTATUS reassemble_from_behind(void) {
    NET_BUFFER_LIST *original = make_original();
    original->FirstNetBuffer->Next = NdisAllocateNetBuffer(fixture.nb_pool, fixture.kept[1], 0, 10);
    NdisAllocateReassembledNetBufferList(original, NULL, 20, 0, 0, 0);
    return STATUS_SUCCESS;
}

static NTSTATUS reassemble_into_pool_with_data(void) {
    NET_BUFFER_LIST *original = make_original();
    NdisAllocateReassembledNetBufferList(original, fixture_make_nbl_pool(true, 64), 0, 0, 0, 0);
    return STATUS_SUCCESS;
}

static NTSTATUS reassemble_into_bare_pool(void) {
    NET_BUFFER_LIST *original = make_original();
    NdisAllocateReassembledNetBufferList(original, fixture_make_nbl_pool(false, 0), 0, 0, 0, 0);
    return STATUS_SUCCESS;
}

// Clones and fragments come from any pool of NBLs, and an NB may have nothing left behind StartOffset.
static NTSTATUS derive_to_the_limits(void) {
    NET_BUFFER_LIST *original = make_original();
    NDIS_HANDLE bare = fixture_make_nbl_pool(false, 0);
    NdisFreeFragmentNetBufferList(
        NdisAllocateFragmentNetBufferList(original, bare, NULL, 100, 1, 0, 0, 0), 0, 0);
    NdisFreeFragmentNetBufferList(
        NdisAllocateFragmentNetBufferList(original, bare, NULL, 0, 0xFFFFFFFF, 0, 0, 0), 0, 0);
    NdisFreeReassembledNetBufferList(
        NdisAllocateReassembledNetBufferList(original, fixture.nbl_pool, 100, 0, 0, 0), 0, 0);
    NdisFreeCloneNetBufferList(NdisAllocateCloneNetBufferList(original, bare, fixture.nb_pool, 0), 0);
    NdisFreeNetBufferListPool(bare);
    return free_original(original);
}

// === POOL-KIND, POOL-UAF, POOL-FREE-LIVE-* ===

static NTSTATUS clone_from_swapped_pools(void) {
    NdisAllocateCloneNetBufferList(make_original(), fixture.nbl_pool, fixture.nbl_pool, 0);
    return STATUS_SUCCESS;
}

static NTSTATUS clone_from_freed_pool(void) {
    NET_BUFFER_LIST *original = make_original();
    NDIS_HANDLE pool = fixture_make_nbl_pool(false, 0);
    NdisFreeNetBufferListPool(pool);
    NdisAllocateCloneNetBufferList(original, pool, NULL, 0);
    return STATUS_SUCCESS;
}

static NTSTATUS free_pool_before_clone(void) {
    NDIS_HANDLE pool = fixture_make_nbl_pool(false, 0);
    NET_BUFFER_LIST *cloned = NdisAllocateCloneNetBufferList(make_original(), pool, NULL, 0);
    NdisFreeNetBufferListPool(pool);
    NdisFreeCloneNetBufferList(cloned, 0);
    return STATUS_SUCCESS;
}

static NTSTATUS free_nb_pool_before_clone(void) {
    NDIS_HANDLE pool = fixture_make_nb_pool(0);
    NET_BUFFER_LIST *original = make_original();
    original->FirstNetBuffer->Next = NdisAllocateNetBuffer(fixture.nb_pool, fixture.kept[1], 0, 10);
    NET_BUFFER_LIST *cloned = NdisAllocateCloneNetBufferList(original, NULL, pool, 0);
    NdisFreeNetBufferPool(pool);
    NdisFreeCloneNetBufferList(cloned, 0);
    return STATUS_SUCCESS;
}

static NTSTATUS lose_clone(void) {
    clone(make_original());
    return STATUS_SUCCESS;
}

// === What is derived from: POOL-PRIVATE, MEM-UAF, SEND-TOUCH, FREE-NB-LINKED, NB-LEN ... ===

static NTSTATUS clone_null(void) {
    clone(NULL);
    return STATUS_SUCCESS;
}

static NTSTATUS clone_nbl_on_stack(void) {
    NET_BUFFER_LIST nbl;
    fragment(&nbl);
    return STATUS_SUCCESS;
}

static NTSTATUS clone_freed_nbl(void) {
    NET_BUFFER_LIST *original = make_original();
    NdisFreeNetBufferList(original);
    clone(original);
    return STATUS_SUCCESS;
}

static NTSTATUS clone_what_is_sent(IRP *irp) {
    fixture_hold();
    NET_BUFFER_LIST *nbl = fixture_make_send(irp);
    fixture_send(nbl);
    clone(nbl);
    return STATUS_PENDING;
}

static NTSTATUS clone_with_freed_nb(void) {
    NET_BUFFER_LIST *original = make_original();
    original->FirstNetBuffer->Next = NdisAllocateNetBuffer(fixture.nb_pool, fixture.kept[1], 0, 10);
    NdisFreeNetBuffer(original->FirstNetBuffer->Next);
    clone(original);
    return STATUS_SUCCESS;
}

static NTSTATUS clone_after_unlinking_nb(void) {
    NET_BUFFER_LIST *original = make_original();
    NET_BUFFER *nb = NdisAllocateNetBuffer(fixture.nb_pool, fixture.kept[1], 0, 10);
    original->FirstNetBuffer->Next = nb;
    NdisFreeNetBuffer(nb);
    original->FirstNetBuffer->Next = NULL;
    NdisFreeCloneNetBufferList(clone(original), 0);
    return free_original(original);
}

static NTSTATUS clone_with_cyclic_nbs(void) {
    NET_BUFFER_LIST *original = make_original();
    original->FirstNetBuffer->Next = original->FirstNetBuffer;
    clone(original);
    return STATUS_SUCCESS;
}

static NTSTATUS clone_with_freed_memory(void) {
    NET_BUFFER_LIST *original = make_original();
    NdisFreeMemory(fixture.kept[0], 0, 0);
    clone(original);
    return STATUS_SUCCESS;
}

static NTSTATUS clone_too_much(void) {
    NET_BUFFER_LIST *original = make_original();
    original->FirstNetBuffer->DataLength++;
    clone(original);
    return STATUS_SUCCESS;
}

static NTSTATUS clone_unadjusted(void) {
    NET_BUFFER_LIST *original = make_original();
    original->FirstNetBuffer->DataOffset = original->FirstNetBuffer->DataLength = 50;
    clone(original);
    return STATUS_SUCCESS;
}

static NTSTATUS clone_adjusted(void) {
    NET_BUFFER_LIST *original = make_original();
    original->FirstNetBuffer->DataOffset = original->FirstNetBuffer->DataLength = 50;
    NdisAdjustNetBufferCurrentMdl(original->FirstNetBuffer);
    NdisFreeCloneNetBufferList(clone(original), 0);
    return free_original(original);
}

// === Calls that look at an NBL or an NB ===

static NTSTATUS ask_pool_of_null(void) {
    NdisGetPoolFromNetBufferList(NULL);
    return STATUS_SUCCESS;
}

static NTSTATUS copy_info_from_stack(void) {
    NET_BUFFER_LIST nbl;
    NdisZeroMemory(&nbl, sizeof(nbl));
    NdisCopySendNetBufferListInfo(make_original(), &nbl);
    return STATUS_SUCCESS;
}

static NTSTATUS ask_protocol_of_freed_nbl(void) {
    NET_BUFFER_LIST *nbl = make_original();
    NdisFreeNetBufferList(nbl);
    NdisGetNetBufferListProtocolId(nbl);
    return STATUS_SUCCESS;
}

static NTSTATUS ask_pool_of_what_is_sent(IRP *irp) {
    fixture_hold();
    NET_BUFFER_LIST *nbl = fixture_make_send(irp);
    fixture_send(nbl);
    NdisGetPoolFromNetBufferList(nbl);
    return STATUS_PENDING;
}

static NTSTATUS ask_pool_of_nbl_as_nb(void) {
    NdisGetPoolFromNetBuffer((NET_BUFFER *)make_original());
    return STATUS_SUCCESS;
}

static NTSTATUS ask_pool_of_nb_of_freed_nbl(void) {
    NET_BUFFER_LIST *nbl = make_original();
    NET_BUFFER *nb = nbl->FirstNetBuffer;
    NdisFreeNetBufferList(nbl);
    NdisGetPoolFromNetBuffer(nb);
    return STATUS_SUCCESS;
}

static NTSTATUS adjust_nb_that_is_sent(IRP *irp) {
    fixture_hold();
    NET_BUFFER_LIST *nbl = fixture_make_send(irp);
    NET_BUFFER *nb = nbl->FirstNetBuffer;
    fixture_send(nbl);
    NdisAdjustNetBufferCurrentMdl(nb);
    return STATUS_PENDING;
}

static NTSTATUS look_at_what_lives(void) {
    NET_BUFFER_LIST *original = make_original();
    NET_BUFFER_LIST *cloned = clone(original);
    NdisCopySendNetBufferListInfo(cloned, original);
    NdisGetPoolFromNetBufferList(cloned);
    NdisGetPoolFromNetBuffer(cloned->FirstNetBuffer);
    NdisGetNetBufferListProtocolId(original);
    NdisFreeCloneNetBufferList(cloned, 0);
    return free_original(original);
}

static void look_at_what_came_back(NET_BUFFER_LIST *nbl) {
    NdisGetPoolFromNetBufferList(nbl);
    NdisAdjustNetBufferCurrentMdl(nbl->FirstNetBuffer);
    NdisFreeCloneNetBufferList(clone(nbl), 0);
    fixture_end_send(nbl);
    fixture_reached();
}

// === Freeing what was derived, or its original ===

static NTSTATUS free_clone_twice(void) {
    NET_BUFFER_LIST *cloned = clone(make_original());
    NdisFreeCloneNetBufferList(cloned, 0);
    NdisFreeCloneNetBufferList(cloned, 0);
    return STATUS_SUCCESS;
}

static NTSTATUS free_null_clone(void) {
    NdisFreeCloneNetBufferList(NULL, 0);
    return STATUS_SUCCESS;
}

static NTSTATUS free_nb_as_reassembled(void) {
    NdisFreeReassembledNetBufferList((NET_BUFFER_LIST *)make_original()->FirstNetBuffer, 0, 0);
    return STATUS_SUCCESS;
}

static NTSTATUS free_nb_of_clone(void) {
    NdisFreeNetBuffer(clone(make_original())->FirstNetBuffer);
    return STATUS_SUCCESS;
}

static NTSTATUS free_mdl_of_fragment(void) {
    NdisFreeMdl(fragment(make_original())->FirstNetBuffer->MdlChain);
    return STATUS_SUCCESS;
}

static NTSTATUS free_clone_with_context(void) {
    NET_BUFFER_LIST *cloned = clone(make_original());
    NdisAllocateNetBufferListContext(cloned, 16, 0, 'tseT');
    NdisFreeCloneNetBufferList(cloned, 0);
    return STATUS_SUCCESS;
}

static NTSTATUS free_clone_without_context(void) {
    NET_BUFFER_LIST *original = make_original();
    NET_BUFFER_LIST *cloned = clone(original);
    NdisAllocateNetBufferListContext(cloned, 16, 0, 'tseT');
    NdisFreeNetBufferListContext(cloned, 16);
    NdisFreeCloneNetBufferList(cloned, 0);
    return free_original(original);
}

static NTSTATUS free_original_before_clone(void) {
    NET_BUFFER_LIST *original = make_original();
    NET_BUFFER_LIST *cloned = clone(original);
    NdisFreeNetBufferList(original);
    NdisFreeCloneNetBufferList(cloned, 0);
    return STATUS_SUCCESS;
}

static NTSTATUS free_clone_before_its_fragments(void) {
    NET_BUFFER_LIST *cloned = clone(make_original());
    NET_BUFFER_LIST *fragments = fragment(cloned);
    NdisFreeCloneNetBufferList(cloned, 0);
    NdisFreeFragmentNetBufferList(fragments, DELTA, 0);
    return STATUS_SUCCESS;
}

// === Sending what was derived ===

static void send_derived(IRP *irp, NET_BUFFER_LIST *chain) {
    IoMarkIrpPending(irp);
    NdisSendNetBufferLists(fixture.binding, chain, NDIS_DEFAULT_PORT_NUMBER, 0);
}

// A clone that knows its parent and is counted there.
static NET_BUFFER_LIST *make_child(NET_BUFFER_LIST *parent) {
    NET_BUFFER_LIST *child = NdisAllocateCloneNetBufferList(parent, fixture.nbl_pool, NULL, 0);
    child->ParentNetBufferList = parent;
    child->SourceHandle = fixture.binding;
    NdisInterlockedIncrement(&parent->ChildRefCount);
    return child;
}

// Two children of one original, the second a grandchild as well.
static NTSTATUS send_children(IRP *irp) {
    fixture_hold();
    NET_BUFFER_LIST *original = fixture_make_send(irp);
    NET_BUFFER_LIST *first = make_child(original);
    NET_BUFFER_LIST *second = make_child(original);
    first->Next = make_child(second);
    send_derived(irp, first);
    return STATUS_PENDING;
}

// The count goes down before the free for some, after it for others.
static NET_BUFFER_LIST *free_child(NET_BUFFER_LIST *child, bool is_counted_first) {
    NET_BUFFER_LIST *parent = child->ParentNetBufferList;
    LONG left = is_counted_first ? NdisInterlockedDecrement(&parent->ChildRefCount) : 0;
    NdisFreeCloneNetBufferList(child, 0);
    if (!is_counted_first) {
        left = NdisInterlockedDecrement(&parent->ChildRefCount);
    }
    return left == 0 ? parent : NULL;
}

static void free_children(NET_BUFFER_LIST *chain) {
    for (NET_BUFFER_LIST *child = chain, *next; child != NULL; child = next) {
        next = child->Next;
        NET_BUFFER_LIST *parent = free_child(child, next == NULL);
        while (parent != NULL && parent->ParentNetBufferList != NULL) {
            parent = free_child(parent, next != NULL);
        }
        if (parent != NULL) {
            fixture_end_send(parent);
            fixture_reached();
        }
    }
}

#define WRITE "a0 = adapter()\nb0 = bind(a0)\nrestart(b0)\nf0 = create(a0)\nwrite(f0)\n"
#define WRITE_TWO WRITE "complete(b0, count: 2)\nclose(f0)\nunbind(b0)\n"
#define WRITE_TWO_INSIDE                                            \
    "a0 = adapter()\nb0 = bind(a0)\nrestart(b0)\nf0 = create(a0)\n" \
    "write(f0)                      (outcome: send = success)\nclose(f0)\nunbind(b0)\n"

static NTSTATUS send_original_of_clone(IRP *irp) {
    fixture_hold();
    NET_BUFFER_LIST *original = fixture_make_send(irp);
    make_child(original);
    fixture_send(original);
    return STATUS_PENDING;
}

// Only when what was derived from it is gone.
static NTSTATUS send_original_after_clone(IRP *irp) {
    fixture_hold();
    NET_BUFFER_LIST *original = fixture_make_send(irp);
    free_child(make_child(original), false);
    fixture_send(original);
    fixture_reached();
    return STATUS_PENDING;
}

static NTSTATUS send_clone_without_parent(IRP *irp) {
    fixture_hold();
    NET_BUFFER_LIST *original = fixture.kept[2] = fixture_make_send(irp);
    NET_BUFFER_LIST *child = make_child(original);
    child->ParentNetBufferList = NULL;
    send_derived(irp, child);
    return STATUS_PENDING;
}

static void free_clone_without_parent(NET_BUFFER_LIST *child) {
    child->ParentNetBufferList = fixture.kept[2];
    fixture_end_send(free_child(child, false));
}

static NTSTATUS send_clone_uncounted(IRP *irp) {
    fixture_hold();
    NET_BUFFER_LIST *original = fixture_make_send(irp);
    NET_BUFFER_LIST *child = make_child(original);
    original->ChildRefCount = 0;
    send_derived(irp, child);
    return STATUS_PENDING;
}

static NTSTATUS send_clone(IRP *irp) {
    fixture_hold();
    send_derived(irp, make_child(fixture_make_send(irp)));
    return STATUS_PENDING;
}

// Two clones, one after the other, of which the parent counts one.
static NTSTATUS send_two_clones_counted_once(IRP *irp) {
    fixture_hold();
    NET_BUFFER_LIST *original = fixture_make_send(irp);
    NET_BUFFER_LIST *first = make_child(original);
    NET_BUFFER_LIST *second = make_child(original);
    original->ChildRefCount = 1;
    send_derived(irp, first);
    send_derived(irp, second);
    original->ChildRefCount = 2;
    return STATUS_PENDING;
}

// A count of those that are sent. Others may be in flight, which are not of this parent.
static NTSTATUS send_two_clones_counted_when_sent(IRP *irp) {
    fixture_hold();
    NET_BUFFER_LIST *original = fixture_make_send(irp);
    NET_BUFFER_LIST *first = make_child(original);
    NET_BUFFER_LIST *second = make_child(original);
    NET_BUFFER_LIST *other = make_child(first);
    send_derived(irp, other);
    original->ChildRefCount = 1;
    send_derived(irp, second);
    original->ChildRefCount = 2;
    return STATUS_PENDING;
}

static void free_clone_and_forget_to_count(NET_BUFFER_LIST *child) {
    NET_BUFFER_LIST *original = child->ParentNetBufferList;
    NdisFreeCloneNetBufferList(child, 0);
    fixture_end_send(original);
}

static NTSTATUS send_and_free_clone(IRP *irp) {
    fixture_hold();
    NET_BUFFER_LIST *child = make_child(fixture_make_send(irp));
    send_derived(irp, child);
    NdisFreeCloneNetBufferList(child, 0);
    return STATUS_PENDING;
}

// The data that the clone describes came with the original.
static NTSTATUS free_original_of_clone_in_flight(IRP *irp) {
    NDIS_HANDLE pool = fixture_make_nbl_pool(true, 64);
    NET_BUFFER_LIST *original = NdisAllocateNetBufferList(pool, 0, 0);
    NdisRetreatNetBufferDataStart(original->FirstNetBuffer, 64, 0, NULL);
    fixture_hold();
    send_derived(irp, make_child(original));
    NdisFreeNetBufferList(original);
    return STATUS_PENDING;
}

static const struct check_case cases[] = {
    {.rule = "FREE-PAIR-CLONE",
     .title = "poolproof: FREE-PAIR-CLONE: clone freed as a plain NBL in DriverEntry",
     .catches.load = free_clone_plainly,
     .silent.load = free_each_by_its_own},
    {.rule = "FREE-PAIR-CLONE",
     .title = "poolproof: FREE-PAIR-CLONE: plain NBL freed as a clone in DriverEntry",
     .catches.load = free_plain_as_clone,
     .silent.load = free_each_by_its_own},
    {.rule = "FREE-PAIR-FRAG",
     .title = "poolproof: FREE-PAIR-FRAG: fragment NBL freed as a plain NBL in DriverEntry",
     .catches.load = free_fragment_plainly,
     .silent.load = free_each_by_its_own},
    {.rule = "FREE-PAIR-FRAG",
     .title = "poolproof: FREE-PAIR-FRAG: fragment NBL freed as a clone in DriverEntry",
     .catches.load = free_fragment_as_clone,
     .silent.load = free_each_by_its_own},
    {.rule = "FREE-PAIR-FRAG",
     .title = "poolproof: FREE-PAIR-FRAG: plain NBL freed as a fragment NBL in DriverEntry",
     .catches.load = free_plain_as_fragment,
     .silent.load = free_each_by_its_own},
    {.rule = "FREE-PAIR-REASM",
     .title = "poolproof: FREE-PAIR-REASM: reassembled NBL freed as a plain NBL in DriverEntry",
     .catches.load = free_reassembled_plainly,
     .silent.load = free_each_by_its_own},
    {.rule = "FREE-PAIR-REASM",
     .title = "poolproof: FREE-PAIR-REASM: reassembled NBL freed as a fragment NBL in DriverEntry",
     .catches.load = free_reassembled_as_fragment,
     .silent.load = free_each_by_its_own},
    {.rule = "FREE-PAIR-REASM",
     .title = "poolproof: FREE-PAIR-REASM: plain NBL freed as a reassembled NBL in DriverEntry",
     .catches.load = free_plain_as_reassembled,
     .silent.load = free_each_by_its_own},
    {.rule = "FREE-CLONE-FLAGS",
     .title = "poolproof: FREE-CLONE-FLAGS: clone freed with other flags in DriverEntry",
     .detail = "0 given, made with 2\n",
     .catches.load = free_clone_with_less,
     .silent.load = free_each_by_its_own},
    {.rule = "FREE-CLONE-FLAGS",
     .title = "poolproof: FREE-CLONE-FLAGS: clone freed with other flags in DriverEntry",
     .catches.load = free_clone_with_more,
     .silent.load = free_each_by_its_own},
    {.rule = "FREE-FRAG-DELTA",
     .title =
         "poolproof: FREE-FRAG-DELTA: fragment NBL freed with another DataOffsetDelta in DriverEntry",
     .catches.load = free_fragment_with_less,
     .silent.load = free_each_by_its_own},
    {.rule = "FREE-REASM-DELTA",
     .title = "poolproof: FREE-REASM-DELTA: reassembled NBL freed with another DataOffsetDelta in "
              "DriverEntry",
     .catches.load = free_reassembled_with_more,
     .silent.load = free_each_by_its_own},
    {.rule = "FREE-RSVD-FLAGS",
     .advice_count = 6,
     .catches.load = give_reserved_flags,
     .silent.load = free_each_by_its_own},
    {.rule = "DERIVE-ARGS",
     .title = "poolproof: DERIVE-ARGS: fragments of length 0 asked for in DriverEntry",
     .catches.load = fragment_into_nothing,
     .silent.load = derive_to_the_limits},
    {.rule = "DERIVE-ARGS",
     .title = "poolproof: DERIVE-ARGS: StartOffset beyond the data of an NB in DriverEntry",
     .catches.load = fragment_from_behind,
     .silent.load = derive_to_the_limits},
    {.rule = "DERIVE-ARGS",
     .title = "poolproof: DERIVE-ARGS: StartOffset beyond the data of an NB in DriverEntry",
     .detail = "StartOffset 20, DataLength 10\n",
     .catches.load = reassemble_from_behind,
     .silent.load = derive_to_the_limits},
    {.rule = "DERIVE-ARGS",
     .title = "poolproof: DERIVE-ARGS: reassembled NBL asked of a pool with data in DriverEntry",
     .catches.load = reassemble_into_pool_with_data,
     .silent.load = derive_to_the_limits},
    {.rule = "DERIVE-ARGS",
     .title = "poolproof: DERIVE-ARGS: reassembled NBL asked of a pool without NBs in DriverEntry",
     .catches.load = reassemble_into_bare_pool,
     .silent.load = derive_to_the_limits},
    {.rule = "POOL-KIND",
     .title = "poolproof: POOL-KIND: NBL pool used as an NB pool in DriverEntry",
     .catches.load = clone_from_swapped_pools,
     .silent.load = derive_to_the_limits},
    {.rule = "POOL-UAF",
     .title = "poolproof: POOL-UAF: freed pool used in DriverEntry",
     .catches.load = clone_from_freed_pool,
     .silent.load = derive_to_the_limits},
    {.rule = "POOL-FREE-LIVE-NBL",
     .title = "poolproof: POOL-FREE-LIVE-NBL: NBL pool freed with live NBLs in DriverEntry",
     .catches.load = free_pool_before_clone,
     .silent.load = derive_to_the_limits},
    {.rule = "POOL-FREE-LIVE-NB",
     .title = "poolproof: POOL-FREE-LIVE-NB: NB pool freed with live NBs in DriverEntry",
     .catches.load = free_nb_pool_before_clone,
     .silent.load = derive_to_the_limits},
    {.rule = "LEAK-NBL",
     .title = "poolproof: LEAK-NBL: NBL never freed, made in DriverEntry",
     .catches.load = lose_clone,
     .silent.load = free_each_by_its_own},
    {.rule = "POOL-PRIVATE",
     .title = "poolproof: POOL-PRIVATE: NULL instead of an NBL derived from in DriverEntry",
     .catches.load = clone_null,
     .silent.load = free_each_by_its_own},
    {.rule = "POOL-PRIVATE",
     .title = "poolproof: POOL-PRIVATE: something that is no NBL derived from in DriverEntry",
     .catches.load = clone_nbl_on_stack,
     .silent.load = free_each_by_its_own},
    {.rule = "MEM-UAF",
     .title = "poolproof: MEM-UAF: freed NBL derived from in DriverEntry",
     .catches.load = clone_freed_nbl,
     .silent.load = free_each_by_its_own},
    {.rule = "SEND-TOUCH",
     .title = "poolproof: SEND-TOUCH: NBL derived from while in flight in IRP_MJ_WRITE",
     .catches.write = clone_what_is_sent,
     .silent.send_complete = look_at_what_came_back,
     .program = check_one_write},
    {.rule = "FREE-NB-LINKED",
     .title =
         "poolproof: FREE-NB-LINKED: NBL derived from with an NB that has been freed in DriverEntry",
     .catches.load = clone_with_freed_nb,
     .silent.load = clone_after_unlinking_nb},
    {.rule = "NBL-ACYCLIC",
     .title =
         "poolproof: NBL-ACYCLIC: NBL derived from with an NB list that does not end in DriverEntry",
     .catches.load = clone_with_cyclic_nbs,
     .silent.load = clone_adjusted},
    {.rule = "MDL-BUFFER-LIFE",
     .title = "poolproof: MDL-BUFFER-LIFE: NBL derived from with an MDL of freed memory in DriverEntry",
     .catches.load = clone_with_freed_memory,
     .silent.load = clone_adjusted},
    {.rule = "NB-LEN",
     .title = "poolproof: NB-LEN: NB derived from with data beyond its MDLs in DriverEntry",
     .catches.load = clone_too_much,
     .silent.load = clone_adjusted},
    {.rule = "NB-CONSIST",
     .title = "poolproof: NB-CONSIST: NB derived from whose CurrentMdl is not at its DataOffset in "
              "DriverEntry",
     .catches.load = clone_unadjusted,
     .silent.load = clone_adjusted},
    {.rule = "POOL-PRIVATE",
     .title = "poolproof: POOL-PRIVATE: NULL instead of an NBL used in DriverEntry",
     .catches.load = ask_pool_of_null,
     .silent.load = look_at_what_lives},
    {.rule = "POOL-PRIVATE",
     .title = "poolproof: POOL-PRIVATE: something that is no NBL used in DriverEntry",
     .catches.load = copy_info_from_stack,
     .silent.load = look_at_what_lives},
    {.rule = "MEM-UAF",
     .title = "poolproof: MEM-UAF: freed NBL used in DriverEntry",
     .catches.load = ask_protocol_of_freed_nbl,
     .silent.load = look_at_what_lives},
    {.rule = "SEND-TOUCH",
     .title = "poolproof: SEND-TOUCH: NBL used while in flight in IRP_MJ_WRITE",
     .catches.write = ask_pool_of_what_is_sent,
     .silent.send_complete = look_at_what_came_back,
     .program = check_one_write},
    {.rule = "POOL-PRIVATE",
     .title = "poolproof: POOL-PRIVATE: something that is no NB used in DriverEntry",
     .catches.load = ask_pool_of_nbl_as_nb,
     .silent.load = look_at_what_lives},
    {.rule = "MEM-UAF",
     .title = "poolproof: MEM-UAF: freed NB used in DriverEntry",
     .catches.load = ask_pool_of_nb_of_freed_nbl,
     .silent.load = look_at_what_lives},
    {.rule = "SEND-TOUCH",
     .title = "poolproof: SEND-TOUCH: NB used while in flight in IRP_MJ_WRITE",
     .catches.write = adjust_nb_that_is_sent,
     .silent.send_complete = look_at_what_came_back,
     .program = check_one_write},
    {.rule = "FREE-NBL-DOUBLE",
     .title = "poolproof: FREE-NBL-DOUBLE: NBL freed again in DriverEntry",
     .catches.load = free_clone_twice,
     .silent.load = free_each_by_its_own},
    {.rule = "POOL-PRIVATE",
     .title = "poolproof: POOL-PRIVATE: NULL instead of an NBL freed in DriverEntry",
     .catches.load = free_null_clone,
     .silent.load = free_each_by_its_own},
    {.rule = "POOL-PRIVATE",
     .title = "poolproof: POOL-PRIVATE: something that is no NBL freed in DriverEntry",
     .catches.load = free_nb_as_reassembled,
     .silent.load = free_each_by_its_own},
    {.rule = "FREE-NB-PREALLOC",
     .title = "poolproof: FREE-NB-PREALLOC: NB freed that came with another object in DriverEntry",
     .catches.load = free_nb_of_clone,
     .silent.load = free_each_by_its_own},
    {.rule = "FREE-MDL-POOLOWNED",
     .title = "poolproof: FREE-MDL-POOLOWNED: MDL freed that came with another object in DriverEntry",
     .catches.load = free_mdl_of_fragment,
     .silent.load = free_each_by_its_own},
    {.rule = "FREE-NBL-CONTEXT",
     .title = "poolproof: FREE-NBL-CONTEXT: NBL freed with context space taken in DriverEntry",
     .catches.load = free_clone_with_context,
     .silent.load = free_clone_without_context},
    {.rule = "FREE-PARENT-LIVE",
     .title = "poolproof: FREE-PARENT-LIVE: NBL freed before those derived from it in DriverEntry",
     .catches.load = free_original_before_clone,
     .silent.load = free_each_by_its_own},
    {.rule = "FREE-PARENT-LIVE",
     .title = "poolproof: FREE-PARENT-LIVE: NBL freed before those derived from it in DriverEntry",
     .detail = "1 NBLs derived from it live:\n",
     .catches.load = free_clone_before_its_fragments,
     .silent.load = free_each_by_its_own},
    {.rule = "FREE-PARENT-LIVE",
     .title = "poolproof: FREE-PARENT-LIVE: NBL freed before those derived from it in IRP_MJ_WRITE",
     .catches.write = free_original_of_clone_in_flight,
     .silent = {.write = send_children, .send_complete = free_children},
     .program = check_one_write,
     .silent_program = WRITE_TWO},
    {.rule = "FREE-NBL-INFLIGHT",
     .title = "poolproof: FREE-NBL-INFLIGHT: NBL freed while in flight in IRP_MJ_WRITE",
     .catches.write = send_and_free_clone,
     .silent = {.write = send_children, .send_complete = free_children},
     .program = check_one_write,
     .silent_program = WRITE_TWO},
    {.rule = "PARENT-SENT",
     .title = "poolproof: PARENT-SENT: NBL sent while others derived from it live in IRP_MJ_WRITE",
     .catches.write = send_original_of_clone,
     .silent.write = send_original_after_clone,
     .program = check_one_write},
    {.rule = "PARENT-SET",
     .advice_count = 1,
     .catches = {.write = send_clone_without_parent, .send_complete = free_clone_without_parent},
     .silent = {.write = send_children, .send_complete = free_children},
     .program = check_one_write,
     .silent_program = WRITE_TWO},
    {.rule = "CHILD-COUNT",
     .advice_count = 1,
     .catches = {.write = send_clone_uncounted, .send_complete = free_clone_and_forget_to_count},
     .silent = {.write = send_children, .send_complete = free_children},
     .program = check_one_write,
     .silent_program = WRITE_TWO_INSIDE},
    {.rule = "CHILD-COUNT",
     .advice_count = 1,
     .catches = {.write = send_two_clones_counted_once, .send_complete = free_children},
     .silent = {.write = send_two_clones_counted_when_sent, .send_complete = free_children},
     .program = WRITE_TWO},
    {.rule = "CHILD-COUNT",
     .advice_count = 1,
     .catches = {.write = send_clone, .send_complete = free_clone_and_forget_to_count},
     .silent = {.write = send_children, .send_complete = free_children},
     .program = check_one_write,
     .silent_program = WRITE_TWO},
};

int main(void) { return CHECK_RUN("derive", cases); }
