// SPDX-License-Identifier: MIT
// Garbage in: each function of the world's that takes a pointer gets each sort of pointer that a broken
// driver may pass, with and without rules. Whatever comes of it is the driver's finding; the process and
// the next run know nothing of it.
#include "fixture.h"

#include <ntstrsafe.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <poolproof/run.h>

// === Sorts of garbage ===

static void *null(void) { return NULL; }
static void *nearly_null(void) { return (void *)24; }
static void *wild(void) { return (void *)0x5b0000000000; }
static void *not_canonical(void) { return (void *)0xDDDDDDDDDDDDDDDDu; }
static void *last(void) { return (void *)UINTPTR_MAX; }
static void *handle(void) { return fixture.protocol; }
static void *bind_handle(void) { return fixture.binding; }
static void *device(void) { return fixture.device; }
static void *code(void) { return (void *)(uintptr_t)fixture_write; }
static void *memory(void) { return fixture_take_memory(4096); }
static void *inside_memory(void) { return (char *)fixture_take_memory(8192) + 1001; }
static void *zeroes(void) {
    void *it = fixture_take_memory(4096);
    RtlZeroMemory(it, 4096);
    return it;
}
static void *freed_memory(void) {
    void *it = fixture_take_memory(4096);
    NdisFreeMemory(it, 0, 0);
    return it;
}
static void *end_of_memory(void) { return (char *)fixture_take_memory(64) + 64; }
static void *tail_of_memory(void) { return (char *)fixture_take_memory(64) + 56; }
static void *nb(void) { return NdisAllocateNetBuffer(fixture.nb_pool, NULL, 0, 0); }
static void *nbl(void) { return NdisAllocateNetBufferList(fixture.nbl_pool, 0, 0); }
static void *mdl(void) { return NdisAllocateMdl(fixture.protocol, fixture_take_memory(64), 64); }
static void *freed_nbl(void) {
    NET_BUFFER_LIST *it = nbl();
    NdisFreeNetBufferList(it);
    return it;
}
static void *own_nb(void) { return ((NET_BUFFER_LIST *)nbl())->FirstNetBuffer; }

static void *driver(void) { return fixture.driver; }
static void *irp(void) { return fixture.kept[0]; }
static void *irp_mdl(void) { return ((IRP *)fixture.kept[0])->MdlAddress; }
static void *irp_data(void) { return ((IRP *)fixture.kept[0])->MdlAddress->MappedSystemVa; }
static void *file(void) { return IoGetCurrentIrpStackLocation(fixture.kept[0])->FileObject; }

static void *(*const sorts[])(void) = {
    driver, irp,           irp_mdl,       irp_data,       file,          null,   nearly_null,
    wild,   not_canonical, last,          handle,         bind_handle,   device, code,
    memory, zeroes,        inside_memory, freed_memory,   end_of_memory, nb,     nbl,
    mdl,    freed_nbl,     own_nb,        tail_of_memory,
};

// === What is done with it ===

static NET_BUFFER_LIST *own_nbl(void) {
    NET_BUFFER_LIST *it = nbl();
    it->SourceHandle = fixture.binding;
    return it;
}

static void make_nbl_pool(void *it) { NdisAllocateNetBufferListPool(it, it); }
static void make_nb_pool(void *it) { NdisAllocateNetBufferPool(it, it); }
static void free_nbl_pool(void *it) { NdisFreeNetBufferListPool(it); }
static void free_nb_pool(void *it) { NdisFreeNetBufferPool(it); }
static void allocate_nbl(void *it) { NdisAllocateNetBufferList(it, 0, 0); }
static void allocate_nb_and_nbl(void *it) {
    NdisAllocateNetBufferAndNetBufferList(fixture.nbl_pool, 0, 0, it, 4096, 60);
}
static void allocate_nb(void *it) { NdisAllocateNetBuffer(fixture.nb_pool, it, 4096, 60); }
static void allocate_nb_with_data(void *it) { NdisAllocateNetBufferMdlAndData(it); }
static void free_nbl(void *it) { NdisFreeNetBufferList(it); }
static void free_nb(void *it) { NdisFreeNetBuffer(it); }
static void free_mdl(void *it) { NdisFreeMdl(it); }
static void allocate_mdl(void *it) { NdisFreeMdl(NdisAllocateMdl(it, it, 64)); }
static void allocate_mdl_for_irp(void *it) { IoAllocateMdl(NULL, 1, TRUE, FALSE, it); }
static void map_mdl(void *it) { MmGetSystemAddressForMdlSafe(it, NormalPagePriority); }
static void build_mdl(void *it) { MmBuildMdlForNonPagedPool(it); }
static void retreat(void *it) { NdisRetreatNetBufferDataStart(it, 14, 2, NULL); }
static void advance(void *it) { NdisAdvanceNetBufferDataStart(it, 0, TRUE, NULL); }
static void adjust(void *it) { NdisAdjustNetBufferCurrentMdl(it); }
static void take_context(void *it) { NdisAllocateNetBufferListContext(it, 16, 0, 0); }
static void give_context(void *it) { NdisFreeNetBufferListContext(it, 16); }
static void clone(void *it) { NdisAllocateCloneNetBufferList(it, NULL, NULL, 0); }
static void clone_to(void *it) { NdisAllocateCloneNetBufferList(own_nbl(), it, it, 0); }
static void clone_with_nb(void *it) {
    NET_BUFFER_LIST *original = own_nbl();
    original->FirstNetBuffer->Next = it;
    NdisAllocateCloneNetBufferList(original, NULL, NULL, 0);
}
static void fragment(void *it) { NdisAllocateFragmentNetBufferList(it, NULL, NULL, 0, 20, 14, 0, 0); }
static void fragment_with_mdl(void *it) {
    NET_BUFFER_LIST *original = own_nbl();
    original->FirstNetBuffer->MdlChain = original->FirstNetBuffer->CurrentMdl = it;
    original->FirstNetBuffer->stDataLength = 60;
    NdisAllocateFragmentNetBufferList(original, NULL, NULL, 0, 20, 14, 0, 0);
}
static void reassemble(void *it) { NdisAllocateReassembledNetBufferList(it, it, 0, 14, 0, 0); }
static void free_clone(void *it) { NdisFreeCloneNetBufferList(it, 0); }
static void free_fragment(void *it) { NdisFreeFragmentNetBufferList(it, 14, 0); }
static void free_reassembled(void *it) { NdisFreeReassembledNetBufferList(it, 0, 0); }
static void free_fragment_with_fields(void *it) {
    NET_BUFFER_LIST *first =
        NdisAllocateFragmentNetBufferList(fixture_make_send(irp()), NULL, NULL, 0, 20, 14, 0, 0);
    first->FirstNetBuffer->MdlChain = first->FirstNetBuffer->CurrentMdl = it;
    first->FirstNetBuffer->Next = it;
    first->ParentNetBufferList = it;
    first->Context = it;
    NdisFreeFragmentNetBufferList(first, 14, 0);
}
static void copy_info(void *it) {
    NdisCopySendNetBufferListInfo(own_nbl(), it);
    NdisCopyReceiveNetBufferListInfo(it, own_nbl());
}
static void ask_pools(void *it) {
    NdisGetPoolFromNetBufferList(it);
    NdisGetPoolFromNetBuffer(it);
    NdisGetNetBufferListProtocolId(it);
}
static void free_object(void *it) { NdisFreeGenericObject(it); }
static void send(void *it) { NdisSendNetBufferLists(fixture.binding, it, 0, 0); }
static void send_on(void *it) { NdisSendNetBufferLists(it, own_nbl(), 0, 0); }
static void send_with_next(void *it) {
    NET_BUFFER_LIST *first = own_nbl();
    first->Next = it;
    NdisSendNetBufferLists(fixture.binding, first, 0, 0);
}
static void send_with_nb(void *it) {
    NET_BUFFER_LIST *first = own_nbl();
    first->FirstNetBuffer = it;
    NdisSendNetBufferLists(fixture.binding, first, 0, 0);
}
static void send_with_next_nb(void *it) {
    NET_BUFFER_LIST *first = own_nbl();
    first->FirstNetBuffer->Next = it;
    NdisSendNetBufferLists(fixture.binding, first, 0, 0);
}
static void send_with_mdl(void *it) {
    NET_BUFFER_LIST *first = own_nbl();
    first->FirstNetBuffer->MdlChain = it;
    NdisSendNetBufferLists(fixture.binding, first, 0, 0);
}
static void send_with_data(void *it) {
    NET_BUFFER_LIST *first = own_nbl();
    first->FirstNetBuffer->MdlChain = NdisAllocateMdl(NULL, it, 0x7FFFFFFF);
    NdisSendNetBufferLists(fixture.binding, first, 0, 0);
}
static void send_with_context(void *it) {
    NET_BUFFER_LIST *first = own_nbl();
    first->Context = it;
    NdisSendNetBufferLists(fixture.binding, first, 0, 0);
}
static void free_with_fields(void *it) {
    NET_BUFFER_LIST *first = own_nbl();
    first->Context = it;
    first->FirstNetBuffer = it;
    first->NdisPoolHandle = it;
    first->Next = it;
    NdisFreeNetBufferList(first);
}
static void give_context_with_fields(void *it) {
    NET_BUFFER_LIST *first = own_nbl();
    first->Context = it;
    NdisFreeNetBufferListContext(first, 8);
    NdisAllocateNetBufferListContext(first, 8, 8, 0);
}
static void retreat_with_fields(void *it) {
    NET_BUFFER *first = nb();
    first->MdlChain = first->CurrentMdl = it;
    first->DataOffset = 0x10000;
    NdisRetreatNetBufferDataStart(first, 14, 0, NULL);
    first->DataOffset = 0x7FFFFFFF;
    first->stDataLength = 0x7FFFFFFF;
    NdisAdvanceNetBufferDataStart(first, 14, TRUE, NULL);
}
static MDL *make_front(ULONG *size) {
    return NdisAllocateMdl(fixture.protocol, fixture_take_memory(*size), *size);
}
static MDL *garbage_mdl;
static MDL *give_garbage_mdl(ULONG *size) {
    *size = 0;
    return garbage_mdl;
}
static void retreat_with_handler(void *it) {
    garbage_mdl = it;
    NdisRetreatNetBufferDataStart(nb(), 14, 0, give_garbage_mdl);
}
static NET_BUFFER *nb_to_free;
static MDL *free_nb_and_give(ULONG *size) {
    MDL *made = NdisAllocateMdl(fixture.protocol, fixture_take_memory(*size), *size);
    NdisFreeNetBuffer(nb_to_free);
    return made;
}
static void free_nb_and_mdl(MDL *given) {
    NdisFreeMdl(given);
    NdisFreeNetBuffer(nb_to_free);
}
static void retreat_and_free_in_handler(void *it) {
    nb_to_free = nb();
    nb_to_free->Next = it;
    NdisRetreatNetBufferDataStart(nb_to_free, 14, 0, free_nb_and_give);
}
static void advance_and_free_in_handler(void *it) {
    nb_to_free = nb();
    NdisRetreatNetBufferDataStart(nb_to_free, 14, 0, make_front);
    nb_to_free->Next = it;
    NdisAdvanceNetBufferDataStart(nb_to_free, 14, TRUE, free_nb_and_mdl);
}
static void open_adapter(void *it) { NdisOpenAdapterEx(it, it, it, it, it); }
static void close_adapter(void *it) { NdisCloseAdapterEx(it); }
static void register_protocol(void *it) { NdisRegisterProtocolDriver(it, it, it); }
static void deregister_protocol(void *it) { NdisDeregisterProtocolDriver(it); }
static void complete_bind(void *it) { NdisCompleteBindAdapterEx(it, NDIS_STATUS_SUCCESS); }
static void complete_unbind(void *it) { NdisCompleteUnbindAdapterEx(it); }
static void complete_event(void *it) { NdisCompleteNetPnPEvent(it, it, NDIS_STATUS_SUCCESS); }
static void complete_irp(void *it) { IoCompleteRequest(it, IO_NO_INCREMENT); }
static void mark_irp(void *it) { IoMarkIrpPending(it); }
static void look_at_irp(void *it) { IoGetCurrentIrpStackLocation(it); }
static void create_device(void *it) { IoCreateDevice(it, 16, it, 0, 0, FALSE, it); }
static void create_device_of_driver(void *it) {
    IoCreateDevice(fixture.driver, 0xFFFFFFFF, it, 0, 0, FALSE, it);
}
static void delete_device(void *it) { IoDeleteDevice(it); }
static void create_link(void *it) { IoCreateSymbolicLink(it, it); }
static void delete_link(void *it) { IoDeleteSymbolicLink(it); }
static void init_event(void *it) { NdisInitializeEvent(it); }
static void set_event(void *it) { NdisSetEvent(it); }
static void reset_event(void *it) { NdisResetEvent(it); }
static void wait_event(void *it) { NdisWaitEvent(it, 1); }
static void read_event(void *it) { KeReadStateEvent(it); }
static void wait_object(void *it) { KeWaitForSingleObject(it, Executive, KernelMode, FALSE, it); }
static void delay(void *it) {
    LARGE_INTEGER *interval = it;
    KeDelayExecutionThread(KernelMode, FALSE, interval);
}
static void init_lock(void *it) { NdisAllocateSpinLock(it); }
static void acquire_lock(void *it) { NdisAcquireSpinLock(it); }
static void release_lock(void *it) { NdisReleaseSpinLock(it); }
static void acquire_raw_lock(void *it) {
    KIRQL irql;
    KeAcquireSpinLock((KSPIN_LOCK *)it, &irql);
}
static void init_string(void *it) {
    UNICODE_STRING string;
    RtlInitUnicodeString(&string, it);
    RtlInitUnicodeString(it, L"name");
}
static void compare_strings(void *it) {
    UNICODE_STRING string = {64, 64, it};
    RtlEqualUnicodeString(&string, &string, TRUE);
    RtlCompareUnicodeString(it, &string, FALSE);
}
static void copy_string(void *it) {
    UNICODE_STRING string = {64, 64, it};
    RtlCopyUnicodeString(&string, it);
    RtlCopyUnicodeString(it, &string);
}
static void free_memory(void *it) { NdisFreeMemory(it, 0, 0); }
static void free_pool_memory(void *it) { ExFreePoolWithTag(it, 0); }
static void print(void *it) { DbgPrint(it, it); }
static void assert_that(void *it) { pp_driver_assert(it, it, 0); }
static void init_timer(void *it) { KeInitializeTimer(it); }
static void set_timer(void *it) {
    LARGE_INTEGER due = {.QuadPart = -10000};
    KeSetTimer(it, due, it);
}
static void cancel_timer(void *it) { KeCancelTimer(it); }
static void queue_dpc(void *it) { KeInsertQueueDpc(it, it, it); }
static void remove_dpc(void *it) { KeRemoveQueueDpc(it); }
static void init_dpc(void *it) { KeInitializeDpc(it, NULL, it); }
static void queue_io_work(void *it) { IoQueueWorkItem(it, NULL, DelayedWorkQueue, it); }
static void free_io_work(void *it) { IoFreeWorkItem(it); }
static void allocate_io_work(void *it) { IoAllocateWorkItem(it); }
static void end_io_work(void *it) { IoUninitializeWorkItem(it); }
static void queue_ndis_work(void *it) { NdisQueueIoWorkItem(it, NULL, it); }
static void free_ndis_work(void *it) { NdisFreeIoWorkItem(it); }
static void allocate_timer_object(void *it) { NdisAllocateTimerObject(it, it, it); }
static void set_timer_object(void *it) {
    LARGE_INTEGER due = {.QuadPart = -10000};
    NdisSetTimerObject(it, due, 0, it);
}
static void cancel_timer_object(void *it) { NdisCancelTimerObject(it); }
static void free_timer_object(void *it) { NdisFreeTimerObject(it); }
static void wait_for_several(void *it) {
    KeWaitForMultipleObjects(2, it, WaitAny, Executive, KernelMode, FALSE, NULL, NULL);
}
static void close_handle(void *it) { ZwClose(it); }
static void reference_handle(void *it) { ObReferenceObjectByHandle(it, 0, NULL, KernelMode, it, it); }
static void dereference(void *it) { ObDereferenceObject(it); }
static void create_thread(void *it) { PsCreateSystemThread(it, 0, it, it, it, set_event, it); }
static void release_mutex(void *it) { KeReleaseMutex(it, FALSE); }
static void release_semaphore(void *it) { KeReleaseSemaphore(it, 0, 1, FALSE); }
static void acquire_fast_mutex(void *it) { ExAcquireFastMutex(it); }
static void release_fast_mutex(void *it) { ExReleaseFastMutex(it); }
static void acquire_rw_lock(void *it) { NdisAcquireRWLockRead(it, it, 0); }
static void release_rw_lock(void *it) { NdisReleaseRWLock(it, it); }
static void free_rw_lock(void *it) { NdisFreeRWLock(it); }
static void acquire_older_rw_lock(void *it) {
    LOCK_STATE state;
    NdisAcquireReadWriteLock(it, TRUE, &state);
}
static void acquire_shared(void *it) { ExAcquireSpinLockShared(it); }
static void release_exclusive(void *it) { ExReleaseSpinLockExclusive(it, 0); }
static void init_lookaside(void *it) {
    ExInitializeNPagedLookasideList(it, NULL, NULL, 0, 16, 'tseT', 0);
}
static void allocate_lookaside(void *it) { ExAllocateFromNPagedLookasideList(it); }
static void free_lookaside(void *it) { ExFreeToNPagedLookasideList(it, it); }
static void delete_lookaside(void *it) { ExDeleteNPagedLookasideList(it); }
static void ask_time(void *it) {
    KeQuerySystemTime(it);
    RtlTimeToTimeFields(it, it);
}
static void release_queued_lock(void *it) { KeReleaseInStackQueuedSpinLock(it); }
static void acquire_queued_lock(void *it) { KeAcquireInStackQueuedSpinLock(it, it); }
static void insert_interlocked(void *it) {
    KSPIN_LOCK lock = 0;
    ExInterlockedInsertTailList(it, it, &lock);
    ExInterlockedRemoveHeadList(it, &lock);
}
static void acquire_rundown(void *it) { ExAcquireRundownProtection(it); }
static void release_rundown(void *it) { ExReleaseRundownProtection(it); }
static void acquire_remove_lock(void *it) { IoAcquireRemoveLock((IO_REMOVE_LOCK *)it, it); }
static void release_remove_lock(void *it) { IoReleaseRemoveLockAndWait((IO_REMOVE_LOCK *)it, it); }
static void acquire_resource(void *it) { ExAcquireResourceExclusiveLite(it, TRUE); }
static void release_resource(void *it) { ExReleaseResourceLite(it); }
static void create_callback(void *it) { ExCreateCallback(it, it, TRUE, TRUE); }
static void register_callback(void *it) { ExRegisterCallback(it, it, it); }
static void unregister_callback(void *it) { ExUnregisterCallback(it); }
static void notify_callback(void *it) { ExNotifyCallback(it, it, it); }
static void convert_string(void *it) {
    RtlAnsiStringToUnicodeString(it, it, TRUE);
    RtlUnicodeStringToAnsiString(it, it, FALSE);
}
static void free_string(void *it) { RtlFreeUnicodeString(it); }
static void append_string(void *it) {
    RtlAppendUnicodeToString(it, it);
    RtlAppendUnicodeStringToString(it, it);
}
static void format_string(void *it) {
    char text[64];
    RtlStringCchPrintfA(text, 64, "%s %ws %wZ %Z", (char *)it, (WCHAR *)it, (UNICODE_STRING *)it,
                        (STRING *)it);
    RtlStringCchPrintfA(text, 64, (char *)it);
}
static void parse_number(void *it) {
    ULONG value;
    RtlUnicodeStringToInteger(it, 0, &value);
    RtlIntegerToUnicodeString(7, 10, it);
}
static void parse_guid(void *it) {
    GUID guid;
    RtlGUIDFromString(it, &guid);
    RtlStringFromGUID(it, it);
}
static void change_bits(void *it) {
    RtlSetBits(it, 1, 5);
    RtlFindClearBitsAndSet(it, 2, 0);
}
static void lock_pages(void *it) {
    MmProbeAndLockPages(it, KernelMode, IoReadAccess);
    MmUnlockPages(it);
}
static void free_pages(void *it) { MmFreePagesFromMdl(it); }
static void probe(void *it) {
    ProbeForRead(it, 16, 1);
    MmIsAddressValid(it);
    MmGetSystemRoutineAddress(it);
}
static void ask_version(void *it) {
    RtlGetVersion(it);
    KeGetCurrentProcessorNumberEx(it);
}
static void open_key(void *it) { ZwOpenKey(it, KEY_READ, it); }
static void create_key(void *it) { ZwCreateKey(it, KEY_READ, it, 0, it, 0, it); }
static void query_value(void *it) {
    ULONG length;
    ZwQueryValueKey(it, it, KeyValueFullInformation, it, 64, &length);
}
static void set_value(void *it) { ZwSetValueKey(it, it, 0, REG_BINARY, it, 64); }
static void enumerate_key(void *it) {
    ZwEnumerateKey(it, 0, KeyBasicInformation, it, 64, it);
    ZwQueryKey(it, KeyFullInformation, it, 64, it);
}
static void query_registry(void *it) {
    RtlQueryRegistryValues(RTL_REGISTRY_SERVICES, L"poolproof", it, it, it);
}
static void query_registry_path(void *it) {
    RtlCheckRegistryKey(RTL_REGISTRY_ABSOLUTE, it);
    RtlCheckRegistryKey(RTL_REGISTRY_HANDLE, it);
}
static void write_registry(void *it) {
    RtlWriteRegistryValue(RTL_REGISTRY_SERVICES, it, it, REG_BINARY, it, 16);
}
static void open_configuration(void *it) { NdisOpenConfigurationEx(it, it); }
static void read_configuration(void *it) {
    NDIS_STATUS status;
    NdisReadConfiguration(&status, it, it, it, NdisParameterString);
}
static void close_configuration(void *it) { NdisCloseConfiguration(it); }
static void create_file(void *it) {
    ZwCreateFile(it, 0, it, it, NULL, 0, 0, 0, 0, NULL, 0);
    ZwReadFile(it, NULL, NULL, NULL, it, it, 1, NULL, NULL);
}
static void change_sequenced_list(void *it) {
    InterlockedPushEntrySList(it, it);
    InterlockedPopEntrySList(it);
    InterlockedFlushSList(it);
    QueryDepthSList(it);
}

#define ACT(function) {#function, function}
static const struct {
    const char *name;
    void (*function)(void *garbage);
} acts[] = {
    ACT(make_nbl_pool),
    ACT(make_nb_pool),
    ACT(free_nbl_pool),
    ACT(free_nb_pool),
    ACT(allocate_nbl),
    ACT(allocate_nb_and_nbl),
    ACT(allocate_nb),
    ACT(allocate_nb_with_data),
    ACT(free_nbl),
    ACT(free_nb),
    ACT(free_mdl),
    ACT(allocate_mdl),
    ACT(allocate_mdl_for_irp),
    ACT(map_mdl),
    ACT(build_mdl),
    ACT(retreat),
    ACT(advance),
    ACT(adjust),
    ACT(take_context),
    ACT(give_context),
    ACT(clone),
    ACT(clone_to),
    ACT(clone_with_nb),
    ACT(fragment),
    ACT(fragment_with_mdl),
    ACT(reassemble),
    ACT(free_clone),
    ACT(free_fragment),
    ACT(free_reassembled),
    ACT(free_fragment_with_fields),
    ACT(copy_info),
    ACT(ask_pools),
    ACT(free_object),
    ACT(send),
    ACT(send_on),
    ACT(send_with_next),
    ACT(send_with_nb),
    ACT(send_with_next_nb),
    ACT(send_with_mdl),
    ACT(send_with_data),
    ACT(send_with_context),
    ACT(free_with_fields),
    ACT(give_context_with_fields),
    ACT(retreat_with_fields),
    ACT(retreat_with_handler),
    ACT(retreat_and_free_in_handler),
    ACT(advance_and_free_in_handler),
    ACT(open_adapter),
    ACT(close_adapter),
    ACT(register_protocol),
    ACT(deregister_protocol),
    ACT(complete_bind),
    ACT(complete_unbind),
    ACT(complete_event),
    ACT(complete_irp),
    ACT(mark_irp),
    ACT(look_at_irp),
    ACT(create_device),
    ACT(create_device_of_driver),
    ACT(delete_device),
    ACT(create_link),
    ACT(delete_link),
    ACT(init_event),
    ACT(set_event),
    ACT(reset_event),
    ACT(wait_event),
    ACT(read_event),
    ACT(wait_object),
    ACT(delay),
    ACT(init_lock),
    ACT(acquire_lock),
    ACT(release_lock),
    ACT(acquire_raw_lock),
    ACT(init_string),
    ACT(compare_strings),
    ACT(copy_string),
    ACT(free_memory),
    ACT(free_pool_memory),
    ACT(print),
    ACT(assert_that),
    ACT(change_sequenced_list),
    ACT(open_key),
    ACT(create_key),
    ACT(query_value),
    ACT(set_value),
    ACT(enumerate_key),
    ACT(query_registry),
    ACT(query_registry_path),
    ACT(write_registry),
    ACT(open_configuration),
    ACT(read_configuration),
    ACT(close_configuration),
    ACT(create_file),
    ACT(release_queued_lock),
    ACT(acquire_queued_lock),
    ACT(insert_interlocked),
    ACT(acquire_rundown),
    ACT(release_rundown),
    ACT(acquire_remove_lock),
    ACT(release_remove_lock),
    ACT(acquire_resource),
    ACT(release_resource),
    ACT(create_callback),
    ACT(register_callback),
    ACT(unregister_callback),
    ACT(notify_callback),
    ACT(convert_string),
    ACT(free_string),
    ACT(append_string),
    ACT(format_string),
    ACT(parse_number),
    ACT(parse_guid),
    ACT(change_bits),
    ACT(lock_pages),
    ACT(free_pages),
    ACT(probe),
    ACT(ask_version),
    ACT(init_timer),
    ACT(set_timer),
    ACT(cancel_timer),
    ACT(queue_dpc),
    ACT(remove_dpc),
    ACT(init_dpc),
    ACT(queue_io_work),
    ACT(free_io_work),
    ACT(allocate_io_work),
    ACT(end_io_work),
    ACT(queue_ndis_work),
    ACT(free_ndis_work),
    ACT(allocate_timer_object),
    ACT(set_timer_object),
    ACT(cancel_timer_object),
    ACT(free_timer_object),
    ACT(wait_for_several),
    ACT(close_handle),
    ACT(reference_handle),
    ACT(dereference),
    ACT(create_thread),
    ACT(release_mutex),
    ACT(release_semaphore),
    ACT(acquire_fast_mutex),
    ACT(release_fast_mutex),
    ACT(acquire_rw_lock),
    ACT(release_rw_lock),
    ACT(free_rw_lock),
    ACT(acquire_older_rw_lock),
    ACT(acquire_shared),
    ACT(release_exclusive),
    ACT(init_lookaside),
    ACT(allocate_lookaside),
    ACT(free_lookaside),
    ACT(delete_lookaside),
    ACT(ask_time),
};

static size_t act_index, sort_index;

static NTSTATUS write_garbage(IRP *it) {
    fixture.kept[0] = it;
    void *garbage = sorts[sort_index]();
    fixture_reached();
    acts[act_index].function(garbage);
    return fixture_end_irp(it, STATUS_SUCCESS);
}

#define WRITE                                                                                      \
    "a0 = adapter()\nb0 = bind(a0)\nrestart(b0)\nf0 = create(a0)\nwrite(f0)\ncomplete(b0, count: " \
    "255)\n"                                                                                       \
    "advance(ms: 10000)\n"

static void check_garbage(bool has_rules) {
    static struct pp_verdict verdict, clean, after;
    static const struct fixture_steps none;
    const struct fixture_steps steps = {.write = write_garbage};
    const struct pp_run_options options = {.without_rules = !has_rules};
    if (__has_feature(memory_sanitizer)) {
        skip();  // some of it was never written: that ends the process
    }
    fixture_play(&none, check_one_write, NULL, &clean);
    assert_false(clean.is_finding);
    for (act_index = 0; act_index < sizeof(acts) / sizeof(acts[0]); act_index++) {
        for (sort_index = 0; sort_index < sizeof(sorts) / sizeof(sorts[0]); sort_index++) {
            fixture_play(&steps, WRITE, &options, &verdict);
            unsigned reached_count = fixture.reached_count;
            fixture_play(&none, check_one_write, NULL, &after);
            if (after.is_finding || after.digest != clean.digest) {
                fail_msg("after %s of sort %zu the next run is not what it was: %s",
                         acts[act_index].name, sort_index,
                         after.is_finding ? after.finding.title : "another digest");
            }
            if (reached_count == 0) {
                fail_msg("%s of sort %zu was never done", acts[act_index].name, sort_index);
            }
        }
    }
}

static void test_garbage_with_rules(void **state) {
    (void)state;
    check_garbage(/*has_rules=*/true);
}

static void test_garbage_without_rules(void **state) {
    (void)state;
    check_garbage(/*has_rules=*/false);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_garbage_with_rules),
        cmocka_unit_test(test_garbage_without_rules),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
