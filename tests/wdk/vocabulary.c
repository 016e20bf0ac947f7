// SPDX-License-Identifier: MIT
// Source in the manner of drivers, old and new, that does nothing sensible: annotations, pragmas, lists,
// strings, IRPs and the idioms that real sources need. Compiling it is the test.
#pragma warning(disable : 4201 4214)
#pragma NDIS_INIT_FUNCTION(DriverEntry)

#include <ntddk.h>

#include <initguid.h>
#include <ndis.h>
#include <ntintsafe.h>
#include <ntstrsafe.h>
#include <wdmsec.h>
#include <windef.h>

#define NODE_TAG 'edoN'
#define FRAME_MAX 1514

#define IOCTL_BASE(Function, Method) CTL_CODE(FILE_DEVICE_NETWORK, (Function), (Method), FILE_ANY_ACCESS)
#define IOCTL_OPEN IOCTL_BASE(0x200, METHOD_BUFFERED)
#define IOCTL_QUERY CTL_CODE(FILE_DEVICE_NETWORK, 0x201, METHOD_OUT_DIRECT, FILE_READ_ACCESS | FILE_WRITE_ACCESS)

// With no arguments behind the format the comma must go.
#define LOG(Level, Format, ...) DbgPrintEx(DPFLTR_IHVNETWORK_ID, Level, "vocabulary: " Format, __VA_ARGS__)

DEFINE_GUID(GUID_NODE, 0x01020304, 0x0506, 0x0708, 1, 2, 3, 4, 5, 6, 7, 8);

extern DRIVER_INITIALIZE DriverEntry;
_Function_class_(DRIVER_UNLOAD) _IRQL_requires_(PASSIVE_LEVEL) _IRQL_requires_same_ static DRIVER_UNLOAD
    Unload;
_Dispatch_type_(IRP_MJ_CREATE) _Dispatch_type_(IRP_MJ_CLOSE) static DRIVER_DISPATCH DispatchOpenClose;
_Dispatch_type_(IRP_MJ_DEVICE_CONTROL) static DRIVER_DISPATCH DispatchControl;
static DRIVER_CANCEL Cancel;
static IO_COMPLETION_ROUTINE Completed;
static KDEFERRED_ROUTINE Expired;
static IO_WORKITEM_ROUTINE Work;
static KSTART_ROUTINE Thread;
static PROTOCOL_RECEIVE_NET_BUFFER_LISTS Receive;
static NDIS_IO_WORKITEM NdisWork;
static NDIS_TIMER_FUNCTION NdisTimer;

#include <pshpack1.h>
typedef struct _FRAME {
    UCHAR Destination[ETH_LENGTH_OF_ADDRESS];
    UCHAR Source[ETH_LENGTH_OF_ADDRESS];
    USHORT UNALIGNED Type;
    UINT64 Body;
} FRAME, *PFRAME;
#include <poppack.h>
C_ASSERT(sizeof(FRAME) == 22);
C_ASSERT(FIELD_OFFSET(FRAME, Body) == 14);

typedef struct DECLSPEC_ALIGN(MEMORY_ALLOCATION_ALIGNMENT) _NODE {
    LIST_ENTRY Link;
    SLIST_ENTRY Free;
    volatile LONG References;
    ULONG Length;
    _Field_size_bytes_(Length) PUCHAR Bytes;
    _Field_size_bytes_part_(64, Length) UCHAR Text[64];
    _Guarded_by_(Lock) ULONG Count;
    KSPIN_LOCK Lock;
    NDIS_SPIN_LOCK NdisLock;
    KEVENT Event;
    KTIMER Timer;
    KDPC Dpc;
    EX_RUNDOWN_REF Rundown;
    IO_REMOVE_LOCK RemoveLock;
    NPAGED_LOOKASIDE_LIST Lookaside;
    LOOKASIDE_LIST_EX LookasideEx;
    NDIS_RW_LOCK OldLock;
    PNDIS_RW_LOCK_EX RwLock;
    ERESOURCE Resource;
    FAST_MUTEX Mutex;
    UCHAR Last[ANYSIZE_ARRAY];
} NODE, *PNODE;
C_ASSERT(TYPE_ALIGNMENT(NODE) >= 16);
C_ASSERT(RTL_NUMBER_OF_FIELD(NODE, Text) == 64 && FIELD_SIZE(NODE, Length) == sizeof(ULONG));

static LIST_ENTRY Nodes = {&Nodes, &Nodes};
static NDIS_STRING Name = NDIS_STRING_CONST("VOCABULARY");
static const UNICODE_STRING DeviceName = RTL_CONSTANT_STRING(L"\\Device\\Vocabulary");
static ANSI_STRING Ansi = RTL_CONSTANT_STRING("ansi");
DECLARE_GLOBAL_CONST_UNICODE_STRING(LinkName, L"\\DosDevices\\Vocabulary");
static PDRIVER_DISPATCH Dispatchers[IRP_MJ_MAXIMUM_FUNCTION + 1];

NDIS_DECLARE_PROTOCOL_OPEN_CONTEXT(NODE);
NDIS_DECLARE_FILTER_MODULE_CONTEXT(NODE);

// What an old source looks like.
NTSTATUS OldStyle(IN PVOID Buffer, IN OUT PULONG Length, OUT PVOID *Result OPTIONAL);
NTSTATUS OldAnnotations(__in PVOID A, __in_opt PVOID B, __out PULONG C, __out_opt PULONG D,
                        __inout PULONG E, __in_bcount(Length) PVOID F, __in_ecount(Length) PULONG G,
                        __out_bcount_part(Length, *Written) PVOID H, __deref_out PVOID *I,
                        __deref_out_bcount(Length) PVOID *J, __out_ecount_z(Length) PWSTR K,
                        ULONG Length, __reserved PULONG Written);
__drv_maxIRQL(DISPATCH_LEVEL) __drv_requiresIRQL(PASSIVE_LEVEL) __checkReturn
    __drv_allocatesMem(Mem) PVOID OldAllocate(__in __drv_strictType(ULONG) ULONG Size);
__drv_clearDoInit(yes) __drv_sameIRQL __success(return != 0) BOOLEAN OldOther(__drv_in(__drv_aliasesMem) PVOID A);

// What a new one looks like.
_Must_inspect_result_ _Success_(return == STATUS_SUCCESS) _IRQL_requires_max_(DISPATCH_LEVEL)
_IRQL_requires_min_(PASSIVE_LEVEL) _Check_return_ _Ret_maybenull_
_When_(Length > 0, _At_(*Result, _Post_notnull_)) _On_failure_(_Post_satisfies_(*Written == 0))
static NTSTATUS NewStyle(_In_ PVOID Context, _In_opt_ PULONG Maybe, _In_z_ PCWSTR Text,
                         _In_reads_(Length) const ULONG *Words,
                         _In_reads_bytes_(Length) const VOID *Bytes,
                         _In_reads_bytes_opt_(Length) const VOID *More,
                         _In_range_(0, FRAME_MAX) ULONG Length, _Inout_ PULONG Both,
                         _Inout_updates_(Length) PULONG Array, _Inout_updates_bytes_(Length) PVOID Block,
                         _Inout_updates_bytes_to_(Length, *Written) PVOID Part,
                         _Out_ PULONG Written, _Out_opt_ PULONG Extra,
                         _Out_writes_(Length) PULONG Filled, _Out_writes_bytes_(Length) PVOID Raw,
                         _Out_writes_bytes_to_(Length, *Written) PVOID Some,
                         _Out_writes_bytes_all_(Length) PVOID All, _Outptr_ PVOID *Pointer,
                         _Outptr_result_maybenull_ PVOID *Null,
                         _Outptr_result_bytebuffer_(Length) PVOID *Result,
                         _Outptr_result_bytebuffer_all_(*Written) PVOID *Whole,
                         _Outptr_opt_result_buffer_(Length) PULONG *Other, _Reserved_ PVOID Nothing,
                         _Printf_format_string_ PCSTR Format, _Pre_notnull_ _Post_invalid_ PVOID Gone,
                         _IRQL_saves_ PKIRQL Irql, _In_function_class_(EVT) PVOID Callback) {
    _Analysis_assume_(Length < FRAME_MAX);
    UNREFERENCED_PARAMETER(Length);
    UNREFERENCED_PARAMETER(Context);
    UNREFERENCED_PARAMETER(Maybe);
    UNREFERENCED_PARAMETER(Text);
    UNREFERENCED_PARAMETER(Words);
    UNREFERENCED_PARAMETER(Bytes);
    UNREFERENCED_PARAMETER(More);
    UNREFERENCED_PARAMETER(Both);
    UNREFERENCED_PARAMETER(Array);
    UNREFERENCED_PARAMETER(Block);
    UNREFERENCED_PARAMETER(Part);
    UNREFERENCED_PARAMETER(Extra);
    UNREFERENCED_PARAMETER(Filled);
    UNREFERENCED_PARAMETER(Raw);
    UNREFERENCED_PARAMETER(Some);
    UNREFERENCED_PARAMETER(All);
    UNREFERENCED_PARAMETER(Pointer);
    UNREFERENCED_PARAMETER(Null);
    UNREFERENCED_PARAMETER(Whole);
    UNREFERENCED_PARAMETER(Other);
    UNREFERENCED_PARAMETER(Nothing);
    UNREFERENCED_PARAMETER(Format);
    UNREFERENCED_PARAMETER(Gone);
    UNREFERENCED_PARAMETER(Callback);
    *Irql = KeGetCurrentIrql();
    *Written = 0;
    *Result = NULL;
    return STATUS_SUCCESS;
}

_Acquires_lock_(Node->Lock) _IRQL_raises_(DISPATCH_LEVEL) static VOID LockNode(_Inout_ PNODE Node,
                                                                              _Out_ PKIRQL Irql) {
    KeAcquireSpinLock(&Node->Lock, Irql);
}
_Requires_lock_held_(Node->Lock) _Releases_lock_(Node->Lock) static VOID
UnlockNode(_Inout_ PNODE Node, _In_ _IRQL_restores_ KIRQL Irql) {
    KeReleaseSpinLock(&Node->Lock, Irql);
}

// FORCEINLINE already is static, and some say it twice.
static FORCEINLINE PNODE NodeOfLink(PLIST_ENTRY Link) { return CONTAINING_RECORD(Link, NODE, Link); }
FORCEINLINE BOOLEAN IsSameAddress(const UCHAR *Left, const UCHAR *Right) {
    return NdisEqualMemory(Left, Right, ETH_LENGTH_OF_ADDRESS);
}

static VOID Lists(PNODE Node) {
    LIST_ENTRY Local, *Entry;
    SLIST_HEADER Stack;
    SINGLE_LIST_ENTRY Single = {NULL};
    InitializeListHead(&Local);
    InsertHeadList(&Local, &Node->Link);
    InsertTailList(&Nodes, RemoveHeadList(&Local));
    for (Entry = Nodes.Flink; Entry != &Nodes; Entry = Entry->Flink) {
        if (NodeOfLink(Entry) == Node && RemoveEntryList(Entry)) {
            break;
        }
    }
    while (!IsListEmpty(&Nodes)) {
        (VOID)RemoveTailList(&Nodes);
    }
    PushEntryList(&Single, (PSINGLE_LIST_ENTRY)&Node->Free);
    (VOID)PopEntryList(&Single);
    ExInitializeSListHead(&Stack);
    ExInterlockedPushEntrySList(&Stack, &Node->Free, &Node->Lock);
    if (ExQueryDepthSList(&Stack) != 0 && ExInterlockedPopEntrySList(&Stack, &Node->Lock) == NULL) {
        InterlockedFlushSList(&Stack);
    }
    NdisInterlockedInsertTailList(&Nodes, &Node->Link, &Node->NdisLock);
    NdisInterlockedRemoveHeadList(&Nodes, &Node->NdisLock);
    ExInterlockedInsertHeadList(&Nodes, &Node->Link, &Node->Lock);
}

static LONG Interlocked(PNODE Node) {
    static PVOID Shared;
    ULONG Mask = 0;
    LONG64 Wide = 0;
    (VOID)InterlockedCompareExchangePointer((PVOID *)&Shared, Node, NULL);
    Node = InterlockedExchangePointer(&Shared, NULL);
    InterlockedOr((LONG *)&Mask, 4);
    InterlockedAdd64(&Wide, 2);
    NdisInterlockedIncrement(&Node->References);
    KeMemoryBarrier();
    WriteRelease(&Node->References, ReadAcquire(&Node->References) + 1);
    return InterlockedCompareExchange(&Node->References, 1, 0) + NdisInterlockedDecrement(&Node->References);
}

static NTSTATUS Strings(PCUNICODE_STRING Path) {
    WCHAR Buffer[16];
    UNICODE_STRING Copy;
    ULONG Sum;
    size_t Length;
    DECLARE_CONST_UNICODE_STRING(Prefix, L"\\Device\\");
    DECLARE_UNICODE_STRING_SIZE(Local, 8);
    OBJECT_ATTRIBUTES Attributes;
    RtlInitEmptyUnicodeString(&Copy, Buffer, sizeof(Buffer));
    RtlCopyUnicodeString(&Copy, Path);
    RtlInitUnicodeString(&Local, L"Local");
    NdisInitUnicodeString(&Local, L"Local");
    if (RtlEqualUnicodeString(&Copy, &Prefix, TRUE) || Copy.Buffer[0] == UNICODE_NULL) {
        return STATUS_OBJECT_NAME_INVALID;
    }
    InitializeObjectAttributes(&Attributes, &Copy, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE, NULL, NULL);
    if (!NT_SUCCESS(RtlULongAdd(1, 2, &Sum)) || !NT_SUCCESS(RtlStringCbLengthW(Buffer, 32, &Length))) {
        return STATUS_INTEGER_OVERFLOW;
    }
    return RtlStringCbCopyW(Buffer, sizeof(Buffer), L"text");
}

static NTSTATUS Completed(PDEVICE_OBJECT DeviceObject, PIRP Irp, PVOID Context) {
    UNREFERENCED_PARAMETER(DeviceObject);
    if (Irp->PendingReturned) {
        IoMarkIrpPending(Irp);
    }
    KeSetEvent((PKEVENT)Context, IO_NO_INCREMENT, FALSE);
    return STATUS_MORE_PROCESSING_REQUIRED;
}

static VOID Cancel(PDEVICE_OBJECT DeviceObject, PIRP Irp) {
    UNREFERENCED_PARAMETER(DeviceObject);
    IoReleaseCancelSpinLock(Irp->CancelIrql);
    RemoveEntryList(&Irp->Tail.Overlay.ListEntry);
    Irp->IoStatus.Status = STATUS_CANCELLED;
    Irp->IoStatus.Information = 0;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
}

static NTSTATUS DispatchOpenClose(PDEVICE_OBJECT DeviceObject, PIRP Irp) {
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    PAGED_CODE();
    Stack->FileObject->FsContext = DeviceObject->DeviceExtension;
    ASSERT(Stack->MajorFunction != IRP_MJ_WRITE);
    NT_ASSERT(Irp->MdlAddress == NULL);
    ASSERTMSG("no buffer", Irp->UserBuffer == NULL);
    Irp->IoStatus.Status = STATUS_SUCCESS;
    IoCompleteRequest(Irp, IO_NETWORK_INCREMENT);
    return STATUS_SUCCESS;
}

static NTSTATUS DispatchControl(PDEVICE_OBJECT DeviceObject, PIRP Irp) {
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp), Next;
    PNODE Node = (PNODE)DeviceObject->DeviceExtension;
    KIRQL Irql;
    ULONG Code = Stack->Parameters.DeviceIoControl.IoControlCode;
    PVOID Address = NULL;

    switch (Code) {
    case IOCTL_OPEN:
        if (Stack->Parameters.DeviceIoControl.InputBufferLength < sizeof(ULONG) ||
            Stack->Parameters.DeviceIoControl.OutputBufferLength < sizeof(ULONG)) {
            return STATUS_BUFFER_TOO_SMALL;
        }
        *(PULONG)Irp->AssociatedIrp.SystemBuffer = METHOD_FROM_CTL_CODE(Code);
        Irp->IoStatus.Information = sizeof(ULONG);
        break;
    case IOCTL_QUERY:
        Address = MmGetSystemAddressForMdlSafe(Irp->MdlAddress, NormalPagePriority | MdlMappingNoExecute);
        if (Address == NULL) {
            return STATUS_INSUFFICIENT_RESOURCES;
        }
        NdisZeroMemory(Address, MmGetMdlByteCount(Irp->MdlAddress));
        break;
    default:
        LOG(DPFLTR_ERROR_LEVEL, "unknown\n");
        LOG(DPFLTR_ERROR_LEVEL, "code %x\n", Code);
        return STATUS_INVALID_DEVICE_REQUEST;
    }

    Irp->Tail.Overlay.DriverContext[0] = Node;
    Irp->Tail.Overlay.DriverContext[1] = NULL;
    LockNode(Node, &Irql);
    IoSetCancelRoutine(Irp, Cancel);
    if (Irp->Cancel && IoSetCancelRoutine(Irp, NULL) != NULL) {
        UnlockNode(Node, Irql);
        return STATUS_CANCELLED;
    }
    InsertTailList(&Nodes, &Irp->Tail.Overlay.ListEntry);
    UnlockNode(Node, Irql);
    IoCopyCurrentIrpStackLocationToNext(Irp);
    Next = IoGetNextIrpStackLocation(Irp);
    Next->Parameters.Others.Argument1 = NULL;
    Next->Parameters.Write.ByteOffset.QuadPart = Stack->Parameters.Read.Length;
    IoSetCompletionRoutine(Irp, Completed, &Node->Event, TRUE, TRUE, TRUE);
    return IoCallDriver(DeviceObject->AttachedDevice, Irp);
}

static VOID Expired(PKDPC Dpc, PVOID Context, PVOID Argument1, PVOID Argument2) {
    PNODE Node = Context;
    KLOCK_QUEUE_HANDLE Handle;
    LARGE_INTEGER Due;
    UNREFERENCED_PARAMETER(Argument1);
    UNREFERENCED_PARAMETER(Argument2);
    KeAcquireInStackQueuedSpinLockAtDpcLevel(&Node->Lock, &Handle);
    KeReleaseInStackQueuedSpinLockFromDpcLevel(&Handle);
    Due.QuadPart = Int32x32To64(100, -10000);
    KeSetTimer(&Node->Timer, Due, Dpc);
}

static VOID Work(PDEVICE_OBJECT DeviceObject, PVOID Context) {
    UNREFERENCED_PARAMETER(DeviceObject);
    IoFreeWorkItem((PIO_WORKITEM)Context);
}

static VOID Thread(PVOID Context) {
    PNODE Node = Context;
    PVOID Objects[2] = {&Node->Event, &Node->Timer};
    LARGE_INTEGER Timeout = {.QuadPart = -10000};
    KeWaitForSingleObject(&Node->Event, Executive, KernelMode, FALSE, &Timeout);
    KeWaitForMultipleObjects(ARRAYSIZE(Objects), Objects, WaitAny, Executive, KernelMode, FALSE, NULL, NULL);
    if (ExAcquireRundownProtection(&Node->Rundown)) {
        ExReleaseRundownProtection(&Node->Rundown);
    }
    if (NT_SUCCESS(IoAcquireRemoveLock(&Node->RemoveLock, Node))) {
        IoReleaseRemoveLockAndWait(&Node->RemoveLock, Node);
    }
    PsTerminateSystemThread(STATUS_SUCCESS);
}

static VOID NdisWork(PVOID Context, NDIS_HANDLE WorkItem) {
    UNREFERENCED_PARAMETER(Context);
    NdisFreeIoWorkItem(WorkItem);
}

static VOID NdisTimer(PVOID A, PVOID Context, PVOID B, PVOID C) {
    LOCK_STATE_EX State;
    UNREFERENCED_PARAMETER(A);
    UNREFERENCED_PARAMETER(B);
    UNREFERENCED_PARAMETER(C);
    NdisAcquireRWLockRead(((PNODE)Context)->RwLock, &State, NDIS_RWL_AT_DISPATCH_LEVEL);
    NdisReleaseRWLock(((PNODE)Context)->RwLock, &State);
}

static VOID Receive(NDIS_HANDLE ProtocolBindingContext, PNET_BUFFER_LIST NetBufferLists,
                    NDIS_PORT_NUMBER PortNumber, ULONG NumberOfNetBufferLists, ULONG ReceiveFlags) {
    PNODE Node = (PNODE)ProtocolBindingContext;
    ULONG ReturnFlags = 0;
    PNET_BUFFER_LIST Nbl;
    PFRAME Frame;
    UINT Length;
    UNREFERENCED_PARAMETER(PortNumber);
    UNREFERENCED_PARAMETER(NumberOfNetBufferLists);
    if (NDIS_TEST_RECEIVE_AT_DISPATCH_LEVEL(ReceiveFlags)) {
        NDIS_SET_RETURN_FLAG(ReturnFlags, NDIS_RETURN_FLAGS_DISPATCH_LEVEL);
    }
    for (Nbl = NetBufferLists; Nbl != NULL; Nbl = NET_BUFFER_LIST_NEXT_NBL(Nbl)) {
        PNET_BUFFER Nb = NET_BUFFER_LIST_FIRST_NB(Nbl);
        PMDL Mdl = NET_BUFFER_CURRENT_MDL(Nb);
        NdisQueryMdl(Mdl, (PVOID *)&Frame, &Length, NormalPagePriority);
        if (Frame == NULL || Length < NET_BUFFER_CURRENT_MDL_OFFSET(Nb) + sizeof(FRAME)) {
            continue;
        }
        Frame = (PFRAME)((PUCHAR)Frame + NET_BUFFER_CURRENT_MDL_OFFSET(Nb));
        if (RtlUshortByteSwap(Frame->Type) == NDIS_ETH_TYPE_802_1Q && ETH_IS_MULTICAST(Frame->Destination) &&
            !IsSameAddress(Frame->Source, Frame->Destination)) {
            NBL_SET_PROT_RSVD_FLAG(Nbl, 1);
            Node->Count += NBL_TEST_PROT_RSVD_FLAG(Nbl, 1);
        }
        NdisGetNextMdl(Mdl, &Mdl);
    }
    if (NDIS_TEST_RECEIVE_CAN_PEND(ReceiveFlags)) {
        NdisReturnNetBufferLists(Node, NetBufferLists, ReturnFlags);
    }
}

static NDIS_STATUS Ask(NDIS_HANDLE Binding) {
    NDIS_OID_REQUEST Request = {.Header = {NDIS_OBJECT_TYPE_OID_REQUEST, NDIS_OID_REQUEST_REVISION_1,
                                           NDIS_SIZEOF_OID_REQUEST_REVISION_1}};
    ULONG Filter = NDIS_PACKET_TYPE_DIRECTED | NDIS_PACKET_TYPE_MULTICAST | NDIS_PACKET_TYPE_BROADCAST;
    Request.RequestType = NdisRequestSetInformation;
    Request.DATA.SET_INFORMATION.Oid = OID_GEN_CURRENT_PACKET_FILTER;
    Request.DATA.SET_INFORMATION.InformationBuffer = &Filter;
    Request.DATA.SET_INFORMATION.InformationBufferLength = sizeof(Filter);
    Request.DATA.QUERY_INFORMATION.BytesNeeded = 0;
    Request.DATA.METHOD_INFORMATION.MethodId = 0;
    *(PVOID *)Request.SourceReserved = &Filter;
    return NdisOidRequest(Binding, &Request);
}

// Registry types differ, so that preprocessor tests tell them apart.
#if REG_DWORD == REG_DWORD_BIG_ENDIAN || !defined(_WIN64) || !defined(_AMD64_)
#error "small sets are complete"
#endif
#if (NTDDI_VERSION < NTDDI_WIN8)
#error "NTDDI_VERSION has a value"
#endif
#if defined(DBG) && !DBG
#error "nobody defines DBG as 0"
#endif

static VOID Unload(PDRIVER_OBJECT DriverObject) {
    IoDeleteSymbolicLink((PUNICODE_STRING)&LinkName);
    IoDeleteDevice(DriverObject->DeviceObject);
}

#ifdef ALLOC_PRAGMA
#pragma alloc_text(INIT, DriverEntry)
#pragma alloc_text(PAGE, Unload)
#endif

_Use_decl_annotations_ NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
    PDEVICE_OBJECT DeviceObject = NULL;
    PNODE Node = NULL;
    PVOID Result;
    ULONG Written, i;
    KIRQL Irql;
    NTSTATUS Status;
    HANDLE Handle;

    DriverObject->DriverUnload = Unload;
    DriverObject->MajorFunction[IRP_MJ_CREATE] = DriverObject->MajorFunction[IRP_MJ_CLOSE] = DispatchOpenClose;
    DriverObject->MajorFunction[IRP_MJ_DEVICE_CONTROL] = DispatchControl;
    for (i = 0; i < RTL_NUMBER_OF(Dispatchers); i++) {
        Dispatchers[i] = DriverObject->MajorFunction[i];
    }
    Status = IoCreateDevice(DriverObject, sizeof(NODE), (PUNICODE_STRING)&DeviceName, FILE_DEVICE_NETWORK,
                            FILE_DEVICE_SECURE_OPEN, FALSE, &DeviceObject);
    if (Status != STATUS_SUCCESS || !NT_SUCCESS(Strings(RegistryPath))) {
        KdPrint(("failed %x %Z\n", Status, &Ansi));
        return Status;
    }
    DeviceObject->Flags |= DO_DIRECT_IO;
    DeviceObject->Flags &= ~DO_DEVICE_INITIALIZING;
    Node = (PNODE)DeviceObject->DeviceExtension;
    ExInitializeNPagedLookasideList(&Node->Lookaside, NULL, NULL, 0, sizeof(FRAME), NODE_TAG, 0);
    ExInitializeLookasideListEx(&Node->LookasideEx, NULL, NULL, NonPagedPoolNx, 0, 64, NODE_TAG, 0);
    KeInitializeDpc(&Node->Dpc, Expired, Node);
    IoInitializeRemoveLock(&Node->RemoveLock, NODE_TAG, 0, 0);
    ExAcquireFastMutex(&Node->Mutex);
    ExReleaseFastMutex(&Node->Mutex);
    ExAcquireResourceExclusiveLite(&Node->Resource, TRUE);
    IoQueueWorkItem(IoAllocateWorkItem(DeviceObject), Work, DelayedWorkQueue, Node);
    NdisQueueIoWorkItem(NdisAllocateIoWorkItem(Node), NdisWork, Node);
    PsCreateSystemThread(&Handle, THREAD_ALL_ACCESS, NULL, NULL, NULL, Thread, Node);
    KeRaiseIrql(DISPATCH_LEVEL, &Irql);
    KeLowerIrql(Irql);
    Lists(Node);
    Status = NewStyle(Node, NULL, Name.Buffer, NULL, NULL, NULL, 0, NULL, NULL, NULL, NULL, &Written, NULL, NULL,
                      NULL, NULL, NULL, NULL, NULL, &Result, NULL, NULL, NULL, "", NULL, &Irql, NULL);
    NT_VERIFY(Interlocked(Node) == 0);
    Node->Bytes = ExAllocatePoolWithTag(NonPagedPool, FIELD_OFFSET(NODE, Last[Written]), NODE_TAG);
    if (Node->Bytes != NULL) {
        RtlFillMemory(Node->Bytes, Written, 0xFF);
        RtlCopyMemory(Node->Text, Node->Bytes, min(Written, sizeof(Node->Text)));
        ExFreePoolWithTag(Node->Bytes, NODE_TAG);
    }
    (VOID)Ansi;
    (VOID)Receive;
    (VOID)NdisTimer;
    return Ask(Node) == NDIS_STATUS_PENDING ? STATUS_PENDING : Status;
}
