// SPDX-License-Identifier: MIT
// Integer types of fixed and of pointer size. Windows is LLP64: `long` has 32 bits there, so nothing here
// is made of `long` but what is the compiler's. No <stdint.h>: drivers bring types of the same names.
//
// Source: learn.microsoft.com/windows/win32/winprog/windows-data-types.
#pragma once

#ifndef _WIN64
#define _WIN64 1
#endif
#ifndef _AMD64_
#define _AMD64_ 1
#endif

typedef signed char INT8, *PINT8;
typedef signed short INT16, *PINT16;
typedef signed int INT32, *PINT32;
typedef signed long long INT64, *PINT64;
typedef unsigned char UINT8, *PUINT8;
typedef unsigned short UINT16, *PUINT16;
typedef unsigned int UINT32, *PUINT32;
typedef unsigned long long UINT64, *PUINT64;

typedef signed int LONG32, *PLONG32;
typedef unsigned int ULONG32, *PULONG32;
typedef unsigned int DWORD32, *PDWORD32;
typedef signed long long LONG64, *PLONG64;
typedef unsigned long long ULONG64, *PULONG64;
typedef unsigned long long DWORD64, *PDWORD64;

typedef long long INT_PTR, *PINT_PTR;
typedef unsigned long long UINT_PTR, *PUINT_PTR;
typedef long long LONG_PTR, *PLONG_PTR;
typedef unsigned long long ULONG_PTR, *PULONG_PTR;
typedef ULONG_PTR DWORD_PTR, *PDWORD_PTR;
typedef __SIZE_TYPE__ SIZE_T, *PSIZE_T;  // the type of size_t, whose pointers drivers mix with these
typedef LONG_PTR SSIZE_T, *PSSIZE_T;
typedef ULONG_PTR KAFFINITY, *PKAFFINITY;

typedef int HALF_PTR, *PHALF_PTR;
typedef unsigned int UHALF_PTR, *PUHALF_PTR;

#define POINTER_64
#define POINTER_32
#define POINTER_SIGNED
#define POINTER_UNSIGNED

#define MAXUINT_PTR (~((UINT_PTR)0))
#define MAXINT_PTR ((INT_PTR)(MAXUINT_PTR >> 1))
#define MININT_PTR (~MAXINT_PTR)
#define MAXULONG_PTR (~((ULONG_PTR)0))
#define MAXLONG_PTR ((LONG_PTR)(MAXULONG_PTR >> 1))
#define MINLONG_PTR (~MAXLONG_PTR)
#define MAXSIZE_T (~((SIZE_T)0))
#define MAXUINT8 ((UINT8)~((UINT8)0))
#define MAXINT8 ((INT8)(MAXUINT8 >> 1))
#define MAXUINT16 ((UINT16)~((UINT16)0))
#define MAXINT16 ((INT16)(MAXUINT16 >> 1))
#define MAXUINT32 ((UINT32)~((UINT32)0))
#define MAXINT32 ((INT32)(MAXUINT32 >> 1))
#define MAXUINT64 ((UINT64)~((UINT64)0))
#define MAXINT64 ((INT64)(MAXUINT64 >> 1))

#define HandleToULong(Handle) ((unsigned int)(ULONG_PTR)(Handle))
#define HandleToLong(Handle) ((int)(LONG_PTR)(Handle))
#define ULongToHandle(Value) ((void *)(ULONG_PTR)(unsigned int)(Value))
#define LongToHandle(Value) ((void *)(LONG_PTR)(int)(Value))
#define PtrToUlong(Pointer) ((unsigned int)(ULONG_PTR)(Pointer))
#define PtrToULong(Pointer) PtrToUlong(Pointer)
#define PtrToLong(Pointer) ((int)(LONG_PTR)(Pointer))
#define PtrToUint(Pointer) ((unsigned int)(UINT_PTR)(Pointer))
#define PtrToInt(Pointer) ((int)(INT_PTR)(Pointer))
#define PtrToUshort(Pointer) ((unsigned short)(ULONG_PTR)(Pointer))
#define PtrToShort(Pointer) ((short)(LONG_PTR)(Pointer))
#define ULongToPtr(Value) ((void *)(ULONG_PTR)(unsigned int)(Value))
#define UlongToPtr(Value) ULongToPtr(Value)
#define LongToPtr(Value) ((void *)(LONG_PTR)(int)(Value))
#define UIntToPtr(Value) ((void *)(UINT_PTR)(unsigned int)(Value))
#define IntToPtr(Value) ((void *)(INT_PTR)(int)(Value))
#define Ptr64ToPtr(Pointer) ((void *)(Pointer))
#define PtrToPtr64(Pointer) ((void *)(Pointer))

_Static_assert(sizeof(UINT32) == 4 && sizeof(UINT64) == 8, "integer sizes");
_Static_assert(sizeof(ULONG_PTR) == sizeof(void *) && sizeof(SIZE_T) == 8, "pointer size");
