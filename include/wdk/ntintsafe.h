// SPDX-License-Identifier: MIT
// Arithmetic that notices overflow: STATUS_SUCCESS, or STATUS_INTEGER_OVERFLOW and all bits of the result
// set.
//
// Source: learn.microsoft.com/windows-hardware/drivers/ddi/ntintsafe/.
#pragma once

#include <ntstatus.h>

#define PP_INTSAFE(Name, Type, Operation)                                                \
    FORCEINLINE NTSTATUS Name(_In_ Type Left, _In_ Type Right, _Out_ Type *Result) {     \
        if (__builtin_##Operation##_overflow(Left, Right, Result)) {                     \
            *Result = (Type)-1;                                                          \
            return STATUS_INTEGER_OVERFLOW;                                              \
        }                                                                                \
        return STATUS_SUCCESS;                                                           \
    }
#define PP_INTSAFE_TYPE(Name, Type)       \
    PP_INTSAFE(Rtl##Name##Add, Type, add) \
    PP_INTSAFE(Rtl##Name##Sub, Type, sub) \
    PP_INTSAFE(Rtl##Name##Mult, Type, mul)
PP_INTSAFE_TYPE(UInt8, UINT8)
PP_INTSAFE_TYPE(UShort, USHORT)
PP_INTSAFE_TYPE(UInt, UINT)
PP_INTSAFE_TYPE(ULong, ULONG)
PP_INTSAFE_TYPE(ULongLong, ULONGLONG)
PP_INTSAFE_TYPE(ULongPtr, ULONG_PTR)
PP_INTSAFE_TYPE(SIZET, SIZE_T)
PP_INTSAFE_TYPE(SizeT, SIZE_T)
#undef PP_INTSAFE_TYPE
#undef PP_INTSAFE

#define PP_CONVERT(Name, From, To)                                    \
    FORCEINLINE NTSTATUS Name(_In_ From Operand, _Out_ To *Result) {  \
        *Result = (To)Operand;                                        \
        if ((From)*Result == Operand) {                               \
            return STATUS_SUCCESS;                                    \
        }                                                             \
        *Result = (To)-1;                                             \
        return STATUS_INTEGER_OVERFLOW;                               \
    }
PP_CONVERT(RtlULongToUShort, ULONG, USHORT)
PP_CONVERT(RtlULongToUChar, ULONG, UCHAR)
PP_CONVERT(RtlULongLongToULong, ULONGLONG, ULONG)
PP_CONVERT(RtlSizeTToULong, SIZE_T, ULONG)
PP_CONVERT(RtlSizeTToUShort, SIZE_T, USHORT)
PP_CONVERT(RtlSIZETToULong, SIZE_T, ULONG)
#undef PP_CONVERT
