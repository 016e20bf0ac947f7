// SPDX-License-Identifier: MIT
// Basic types and macros of the kernel: integers, strings, lists, NTSTATUS, object attributes.
//
// Sources: learn.microsoft.com/windows/win32/winprog/windows-data-types,
// learn.microsoft.com/windows-hardware/drivers/ddi/ntdef/ and .../wdm/ (lists, strings).
#pragma once
#define _NTDEF_

#include <basetsd.h>
#include <driverspecs.h>
#include <excpt.h>
#include <guiddef.h>
#include <kernelspecs.h>
#include <ntcrt.h>
#include <sal.h>
#include <sdkddkver.h>
#include <specstrings.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

// Words for the compiler -------------------------------------------------------------------------

#ifndef VOID
#define VOID void
#endif
#ifndef CONST
#define CONST const
#endif
#ifndef FALSE
#define FALSE 0
#endif
#ifndef TRUE
#define TRUE 1
#endif
#ifndef FORCEINLINE
#define FORCEINLINE static inline __attribute__((always_inline))
#endif
#define CFORCEINLINE FORCEINLINE
#define DECLSPEC_ALIGN(Bytes) __attribute__((aligned(Bytes)))
#define DECLSPEC_NORETURN __attribute__((noreturn))
#define DECLSPEC_NOINLINE __attribute__((noinline))
#define DECLSPEC_NOTHROW
#define DECLSPEC_IMPORT
#define DECLSPEC_EXPORT
#define DECLSPEC_SELECTANY __attribute__((weak))
#define DECLSPEC_DEPRECATED_DDK
#define DECLSPEC_DEPRECATED
#define DECLSPEC_CACHEALIGN DECLSPEC_ALIGN(SYSTEM_CACHE_ALIGNMENT_SIZE)
#define SYSTEM_CACHE_ALIGNMENT_SIZE 64
#define MEMORY_ALLOCATION_ALIGNMENT 16
#define MAX_NATURAL_ALIGNMENT sizeof(ULONGLONG)
#define UNALIGNED
#define UNALIGNED64
#define RESTRICTED_POINTER
#define NTAPI
#define NTSYSAPI
#define NTSYSCALLAPI
#define NTKERNELAPI
#define NTHALAPI
#define FASTCALL
#define STDAPICALLTYPE
#define EXTERN_C extern
#define EXTERN_C_START
#define EXTERN_C_END
#define PASCAL
#define ANYSIZE_ARRAY 1
#define TYPE_ALIGNMENT(Type) _Alignof(Type)
#define PROBE_ALIGNMENT(Type) _Alignof(Type)

#define WINAPI_PARTITION_DESKTOP 1
#define WINAPI_PARTITION_APP 1
#define WINAPI_PARTITION_SYSTEM 1
#define WINAPI_PARTITION_GAMES 1
#define WINAPI_FAMILY_PARTITION(Partitions) (Partitions)

// Integers and characters ------------------------------------------------------------------------

typedef void *PVOID;
typedef void *PVOID64;
typedef char CHAR, CCHAR, *PCHAR, *PCCHAR, *LPCH, *PCH, *NPSTR, *LPSTR, *PSTR, *PSZ;
typedef const char *LPCCH, *PCCH, *LPCSTR, *PCSTR, *PCSZ;
typedef signed char SCHAR, *PSCHAR;
typedef unsigned char UCHAR, *PUCHAR, BOOLEAN, *PBOOLEAN;
typedef short SHORT, CSHORT, *PSHORT;
typedef unsigned short USHORT, *PUSHORT;
typedef int INT, *PINT;
typedef unsigned int UINT, *PUINT;
typedef int LONG, *PLONG;
typedef unsigned int ULONG, *PULONG, CLONG, *PCLONG;
typedef unsigned int LOGICAL, *PLOGICAL;
typedef long long LONGLONG, *PLONGLONG;
typedef unsigned long long ULONGLONG, *PULONGLONG, DWORDLONG, *PDWORDLONG;
typedef float FLOAT, *PFLOAT;
typedef double DOUBLE;
typedef unsigned char FCHAR;
typedef unsigned short FSHORT;
typedef unsigned int FLONG;
typedef LONGLONG USN;

typedef wchar_t WCHAR, *PWCHAR, *LPWCH, *PWCH, *NWPSTR, *LPWSTR, *PWSTR, *PWSZ;
typedef WCHAR *PZZWSTR;  // several strings, ended by an empty one
typedef const wchar_t *LPCWCH, *PCWCH, *LPCWSTR, *PCWSTR;
typedef PWSTR *PZPWSTR;
typedef char TCHAR, *PTCHAR;
typedef unsigned short WCHAR_UNALIGNED_STORAGE;

typedef PVOID HANDLE, *PHANDLE;
typedef LONG NTSTATUS, *PNTSTATUS;
typedef LONG HRESULT;
typedef UCHAR KIRQL, *PKIRQL;
typedef CCHAR KPROCESSOR_MODE;
typedef LONG KPRIORITY;
typedef ULONG DEVICE_TYPE;
typedef ULONG ACCESS_MASK, *PACCESS_MASK;
typedef ULONG LCID;
typedef USHORT LANGID;
typedef ULONG EXECUTION_STATE;

#define ANSI_NULL ((CHAR)0)
#define UNICODE_NULL ((WCHAR)0)
#define UNICODE_STRING_MAX_BYTES ((USHORT)65534)
#define UNICODE_STRING_MAX_CHARS 32767
#define DECLARE_HANDLE(Name) \
    struct Name##__ {        \
        int unused;          \
    };                       \
    typedef struct Name##__ *Name
#define TEXT(Text) Text

#define MINCHAR 0x80
#define MAXCHAR 0x7f
#define MINSHORT 0x8000
#define MAXSHORT 0x7fff
#define MINLONG 0x80000000
#define MAXLONG 0x7fffffff
#define MAXUCHAR 0xff
#define MAXUSHORT 0xffff
#define MAXULONG 0xffffffff
#define MAXULONGLONG (~((ULONGLONG)0))
#define MAXLONGLONG (0x7fffffffffffffffLL)
#define MINLONGLONG (~MAXLONGLONG)

typedef union _LARGE_INTEGER {
    struct {
        ULONG LowPart;
        LONG HighPart;
    };
    struct {
        ULONG LowPart;
        LONG HighPart;
    } u;
    LONGLONG QuadPart;
} LARGE_INTEGER, *PLARGE_INTEGER;

typedef union _ULARGE_INTEGER {
    struct {
        ULONG LowPart;
        ULONG HighPart;
    };
    struct {
        ULONG LowPart;
        ULONG HighPart;
    } u;
    ULONGLONG QuadPart;
} ULARGE_INTEGER, *PULARGE_INTEGER;

typedef LARGE_INTEGER PHYSICAL_ADDRESS, *PPHYSICAL_ADDRESS;

typedef struct _LUID {
    ULONG LowPart;
    LONG HighPart;
} LUID, *PLUID;

typedef struct _PROCESSOR_NUMBER {
    USHORT Group;
    UCHAR Number;
    UCHAR Reserved;
} PROCESSOR_NUMBER, *PPROCESSOR_NUMBER;

typedef struct _GROUP_AFFINITY {
    KAFFINITY Mask;
    USHORT Group;
    USHORT Reserved[3];
} GROUP_AFFINITY, *PGROUP_AFFINITY;

typedef enum _EVENT_TYPE { NotificationEvent, SynchronizationEvent } EVENT_TYPE;
typedef enum _TIMER_TYPE { NotificationTimer, SynchronizationTimer } TIMER_TYPE;
typedef enum _WAIT_TYPE { WaitAll, WaitAny, WaitNotification, WaitDequeue, WaitDpc } WAIT_TYPE;

_Static_assert(sizeof(WCHAR) == 2, "compile with -fshort-wchar");
_Static_assert(sizeof(ULONG) == 4 && sizeof(LONG) == 4 && sizeof(NTSTATUS) == 4, "32-bit types");
_Static_assert(sizeof(LARGE_INTEGER) == 8, "LARGE_INTEGER");

// Numbers and addresses --------------------------------------------------------------------------

#if !defined(NOMINMAX) && !defined(min)
#define min(Left, Right) (((Left) < (Right)) ? (Left) : (Right))
#endif
#if !defined(NOMINMAX) && !defined(max)
#define max(Left, Right) (((Left) > (Right)) ? (Left) : (Right))
#endif

#define ARGUMENT_PRESENT(Argument) ((void *)(ULONG_PTR)(Argument) != NULL)
#define ARRAYSIZE(Array) (sizeof(Array) / sizeof((Array)[0]))
#define RTL_NUMBER_OF(Array) (sizeof(Array) / sizeof((Array)[0]))
#define RTL_NUMBER_OF_V1(Array) RTL_NUMBER_OF(Array)
#define RTL_NUMBER_OF_V2(Array) RTL_NUMBER_OF(Array)
#define RTL_FIELD_SIZE(Type, Field) sizeof(((Type *)0)->Field)
#define FIELD_SIZE(Type, Field) RTL_FIELD_SIZE(Type, Field)
#define RTL_NUMBER_OF_FIELD(Type, Field) RTL_NUMBER_OF(((Type *)0)->Field)
#define FIELD_OFFSET(Type, Field) ((LONG)__builtin_offsetof(Type, Field))
#define UFIELD_OFFSET(Type, Field) ((ULONG)__builtin_offsetof(Type, Field))
#define RTL_SIZEOF_THROUGH_FIELD(Type, Field) \
    (__builtin_offsetof(Type, Field) + RTL_FIELD_SIZE(Type, Field))
#define RTL_CONTAINS_FIELD(Structure, Size, Field)                               \
    ((((PCHAR)(&(Structure)->Field)) + sizeof((Structure)->Field)) <=            \
     (((PCHAR)(Structure)) + (Size)))
#define CONTAINING_RECORD(Address, Type, Field) \
    ((Type *)((char *)(Address) - __builtin_offsetof(Type, Field)))

#define RTL_BITS_OF(Type) (sizeof(Type) * 8)
#define FlagOn(Flags, Flag) ((Flags) & (Flag))
#define BooleanFlagOn(Flags, Flag) ((BOOLEAN)(((Flags) & (Flag)) != 0))
#define SetFlag(Flags, Flag) ((Flags) |= (Flag))
#define ClearFlag(Flags, Flag) ((Flags) &= ~(Flag))

#define ALIGN_DOWN_BY(Length, Alignment) ((ULONG_PTR)(Length) & ~((ULONG_PTR)(Alignment) - 1))
#define ALIGN_UP_BY(Length, Alignment) \
    ALIGN_DOWN_BY(((ULONG_PTR)(Length) + (Alignment) - 1), Alignment)
#define ALIGN_DOWN_POINTER_BY(Address, Alignment) ((PVOID)ALIGN_DOWN_BY(Address, Alignment))
#define ALIGN_UP_POINTER_BY(Address, Alignment) \
    ALIGN_DOWN_POINTER_BY((ULONG_PTR)(Address) + (Alignment) - 1, Alignment)
#define ALIGN_DOWN(Length, Type) ALIGN_DOWN_BY(Length, sizeof(Type))
#define ALIGN_UP(Length, Type) ALIGN_UP_BY(Length, sizeof(Type))
#define ALIGN_DOWN_POINTER(Address, Type) ALIGN_DOWN_POINTER_BY(Address, sizeof(Type))
#define ALIGN_UP_POINTER(Address, Type) ALIGN_UP_POINTER_BY(Address, sizeof(Type))

#define Int32x32To64(Left, Right) ((LONGLONG)(LONG)(Left) * (LONGLONG)(LONG)(Right))
#define UInt32x32To64(Left, Right) ((ULONGLONG)(ULONG)(Left) * (ULONGLONG)(ULONG)(Right))

#define C_ASSERT(Expression) \
    typedef char pp_c_assert[(Expression) ? 1 : -1] __attribute__((unused))
#define UNREFERENCED_PARAMETER(Parameter) ((void)(Parameter))
#define DBG_UNREFERENCED_PARAMETER(Parameter) ((void)(Parameter))
#define DBG_UNREFERENCED_LOCAL_VARIABLE(Variable) ((void)(Variable))
#define DEFAULT_UNREACHABLE __builtin_unreachable()

// Statuses ---------------------------------------------------------------------------------------

#define NT_SUCCESS(Status) (((NTSTATUS)(Status)) >= 0)
#define NT_INFORMATION(Status) ((((ULONG)(Status)) >> 30) == 1)
#define NT_WARNING(Status) ((((ULONG)(Status)) >> 30) == 2)
#define NT_ERROR(Status) ((((ULONG)(Status)) >> 30) == 3)
#define APPLICATION_ERROR_MASK 0x20000000
#define ERROR_SEVERITY_SUCCESS 0x00000000
#define ERROR_SEVERITY_INFORMATIONAL 0x40000000
#define ERROR_SEVERITY_WARNING 0x80000000
#define ERROR_SEVERITY_ERROR 0xC0000000

// Strings ----------------------------------------------------------------------------------------

// Length and MaximumLength count bytes; Buffer need not end with a zero.
typedef struct _UNICODE_STRING {
    USHORT Length;
    USHORT MaximumLength;
    PWCH Buffer;
} UNICODE_STRING, *PUNICODE_STRING;
typedef const UNICODE_STRING *PCUNICODE_STRING;

typedef struct _STRING {
    USHORT Length;
    USHORT MaximumLength;
    PCHAR Buffer;
} STRING, *PSTRING, ANSI_STRING, *PANSI_STRING, OEM_STRING, *POEM_STRING, CANSI_STRING, UTF8_STRING,
    *PUTF8_STRING;
typedef const STRING *PCANSI_STRING, *PCOEM_STRING;

// An initialiser for a UNICODE_STRING or a STRING, from a literal or an array.
#define RTL_CONSTANT_STRING(Text) {sizeof(Text) - sizeof((Text)[0]), sizeof(Text), (Text)}
#define DECLARE_CONST_UNICODE_STRING(Name, Text) \
    const WCHAR Name##_buffer[] = Text;          \
    const UNICODE_STRING Name = {sizeof(Text) - sizeof(WCHAR), sizeof(Text), (PWCH)Name##_buffer}
#define DECLARE_GLOBAL_CONST_UNICODE_STRING(Name, Text) DECLARE_CONST_UNICODE_STRING(Name, Text)
#define DECLARE_UNICODE_STRING_SIZE(Name, Count) \
    WCHAR Name##_buffer[Count];                  \
    UNICODE_STRING Name = {0, (Count) * sizeof(WCHAR), Name##_buffer}

typedef struct _OBJECT_ATTRIBUTES {
    ULONG Length;
    HANDLE RootDirectory;
    PUNICODE_STRING ObjectName;
    ULONG Attributes;
    PVOID SecurityDescriptor;
    PVOID SecurityQualityOfService;
} OBJECT_ATTRIBUTES, *POBJECT_ATTRIBUTES;
typedef CONST OBJECT_ATTRIBUTES *PCOBJECT_ATTRIBUTES;

#define OBJ_HANDLE_TAGBITS 0x00000003
#define OBJ_INHERIT 0x00000002
#define OBJ_PERMANENT 0x00000010
#define OBJ_EXCLUSIVE 0x00000020
#define OBJ_CASE_INSENSITIVE 0x00000040
#define OBJ_OPENIF 0x00000080
#define OBJ_OPENLINK 0x00000100
#define OBJ_KERNEL_HANDLE 0x00000200
#define OBJ_FORCE_ACCESS_CHECK 0x00000400
#define OBJ_IGNORE_IMPERSONATED_DEVICEMAP 0x00000800
#define OBJ_DONT_REPARSE 0x00001000
#define OBJ_VALID_ATTRIBUTES 0x00001FF2

#define InitializeObjectAttributes(Attributes_, Name, Flags, Root, Security) \
    do {                                                                     \
        (Attributes_)->Length = sizeof(OBJECT_ATTRIBUTES);                   \
        (Attributes_)->RootDirectory = (Root);                               \
        (Attributes_)->ObjectName = (Name);                                  \
        (Attributes_)->Attributes = (Flags);                                 \
        (Attributes_)->SecurityDescriptor = (Security);                      \
        (Attributes_)->SecurityQualityOfService = NULL;                      \
    } while (0)
#define RTL_INIT_OBJECT_ATTRIBUTES(Name, Flags) \
    {sizeof(OBJECT_ATTRIBUTES), NULL, (PUNICODE_STRING)(Name), (Flags), NULL, NULL}
#define RTL_CONSTANT_OBJECT_ATTRIBUTES(Name, Flags) RTL_INIT_OBJECT_ATTRIBUTES(Name, Flags)

// Lists ------------------------------------------------------------------------------------------

typedef struct _LIST_ENTRY {
    struct _LIST_ENTRY *Flink;
    struct _LIST_ENTRY *Blink;
} LIST_ENTRY, *PLIST_ENTRY, *RESTRICTED_POINTER PRLIST_ENTRY;

typedef struct _SINGLE_LIST_ENTRY {
    struct _SINGLE_LIST_ENTRY *Next;
} SINGLE_LIST_ENTRY, *PSINGLE_LIST_ENTRY;

typedef struct DECLSPEC_ALIGN(16) _SLIST_ENTRY {
    struct _SLIST_ENTRY *Next;
} SLIST_ENTRY, *PSLIST_ENTRY;

// Opaque in Windows as well; what is in it is ours.
typedef union DECLSPEC_ALIGN(16) _SLIST_HEADER {
    struct {
        ULONGLONG Alignment;
        ULONGLONG Region;
    };
    struct {
        SLIST_ENTRY *PpFirst;
        ULONG PpDepth;
        ULONG PpChanges;
    };
} SLIST_HEADER, *PSLIST_HEADER;

_Static_assert(sizeof(SLIST_ENTRY) == 16 && sizeof(SLIST_HEADER) == 16, "SLIST sizes");
