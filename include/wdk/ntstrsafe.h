// SPDX-License-Identifier: MIT
// Strings with bounds. Copying, appending and measuring zero-ended strings is here; what formats is a
// function of the world. Cb counts bytes, Cch characters; the final zero is part of the size of a
// destination and not of a length.
//
// Source: learn.microsoft.com/windows-hardware/drivers/ddi/ntstrsafe/.
#pragma once

#include <ntstatus.h>

#define NTSTRSAFE_MAX_CCH 2147483647
#define NTSTRSAFE_MAX_LENGTH (NTSTRSAFE_MAX_CCH - 1)
#define NTSTRSAFE_UNICODE_STRING_MAX_CCH (0xffff / sizeof(WCHAR))
typedef PSTR NTSTRSAFE_PSTR;
typedef PWSTR NTSTRSAFE_PWSTR;
typedef PCSTR NTSTRSAFE_PCSTR;
typedef PCWSTR NTSTRSAFE_PCWSTR;

#define PP_STRSAFE(Suffix, Char)                                                                     \
    FORCEINLINE NTSTATUS RtlStringCchLength##Suffix(const Char *Text, SIZE_T CountMax,               \
                                                    SIZE_T *Length) {                                \
        SIZE_T Count = 0;                                                                            \
        while (Text != NULL && Count < CountMax && Text[Count] != 0) {                               \
            Count++;                                                                                 \
        }                                                                                            \
        BOOLEAN Found = Text != NULL && Count < CountMax;                                            \
        if (Length != NULL) {                                                                        \
            *Length = Found ? Count : 0;                                                             \
        }                                                                                            \
        return Found ? STATUS_SUCCESS : STATUS_INVALID_PARAMETER;                                    \
    }                                                                                                \
    FORCEINLINE NTSTATUS RtlStringCchCopyN##Suffix(Char *Destination, SIZE_T Size,                   \
                                                   const Char *Source, SIZE_T CountMax) {            \
        if (Size == 0 || Size > NTSTRSAFE_MAX_CCH) {                                                 \
            return STATUS_INVALID_PARAMETER;                                                         \
        }                                                                                            \
        SIZE_T Count = 0;                                                                            \
        while (Count < CountMax && Source[Count] != 0) {                                             \
            if (Count == Size - 1) {                                                                 \
                Destination[Count] = 0;                                                              \
                return STATUS_BUFFER_OVERFLOW;                                                       \
            }                                                                                        \
            Destination[Count] = Source[Count];                                                      \
            Count++;                                                                                 \
        }                                                                                            \
        Destination[Count] = 0;                                                                      \
        return STATUS_SUCCESS;                                                                       \
    }                                                                                                \
    FORCEINLINE NTSTATUS RtlStringCchCopy##Suffix(Char *Destination, SIZE_T Size,                    \
                                                  const Char *Source) {                              \
        return RtlStringCchCopyN##Suffix(Destination, Size, Source, MAXSIZE_T);                      \
    }                                                                                                \
    FORCEINLINE NTSTATUS RtlStringCchCat##Suffix(Char *Destination, SIZE_T Size,                     \
                                                 const Char *Source) {                               \
        SIZE_T Length;                                                                               \
        NTSTATUS Status = RtlStringCchLength##Suffix(Destination, Size, &Length);                    \
        return NT_SUCCESS(Status)                                                                    \
                   ? RtlStringCchCopy##Suffix(Destination + Length, Size - Length, Source)           \
                   : Status;                                                                         \
    }                                                                                                \
    FORCEINLINE NTSTATUS RtlStringCbLength##Suffix(const Char *Text, SIZE_T Size, SIZE_T *Length) {  \
        NTSTATUS Status = RtlStringCchLength##Suffix(Text, Size / sizeof(Char), Length);             \
        if (Length != NULL) {                                                                        \
            *Length *= sizeof(Char);                                                                 \
        }                                                                                            \
        return Status;                                                                               \
    }                                                                                                \
    FORCEINLINE NTSTATUS RtlStringCbCopy##Suffix(Char *Destination, SIZE_T Size,                     \
                                                 const Char *Source) {                               \
        return RtlStringCchCopy##Suffix(Destination, Size / sizeof(Char), Source);                   \
    }                                                                                                \
    FORCEINLINE NTSTATUS RtlStringCbCopyN##Suffix(Char *Destination, SIZE_T Size,                    \
                                                  const Char *Source, SIZE_T Max) {                  \
        return RtlStringCchCopyN##Suffix(Destination, Size / sizeof(Char), Source,                   \
                                         Max / sizeof(Char));                                        \
    }                                                                                                \
    FORCEINLINE NTSTATUS RtlStringCbCat##Suffix(Char *Destination, SIZE_T Size,                      \
                                                const Char *Source) {                                \
        return RtlStringCchCat##Suffix(Destination, Size / sizeof(Char), Source);                    \
    }                                                                                                \
    NTSTATUS RtlStringCchPrintf##Suffix(Char *Destination, SIZE_T Size, const Char *Format, ...);    \
    NTSTATUS RtlStringCchVPrintf##Suffix(Char *Destination, SIZE_T Size, const Char *Format,         \
                                         va_list Arguments);                                         \
    NTSTATUS RtlStringCbPrintf##Suffix(Char *Destination, SIZE_T Size, const Char *Format, ...);     \
    NTSTATUS RtlStringCbVPrintf##Suffix(Char *Destination, SIZE_T Size, const Char *Format,          \
                                        va_list Arguments);

PP_STRSAFE(A, char)
PP_STRSAFE(W, WCHAR)
#undef PP_STRSAFE

FORCEINLINE NTSTATUS RtlUnicodeStringCopy(_Out_ PUNICODE_STRING Destination,
                                          _In_ PCUNICODE_STRING Source) {
    USHORT Length =
        Source->Length < Destination->MaximumLength ? Source->Length : Destination->MaximumLength;
    memcpy(Destination->Buffer, Source->Buffer, Length);
    Destination->Length = Length;
    return Length == Source->Length ? STATUS_SUCCESS : STATUS_BUFFER_OVERFLOW;
}
NTSTATUS RtlUnicodeStringPrintf(_Out_ PUNICODE_STRING Destination, _In_z_ PCWSTR Format, ...);
NTSTATUS RtlUnicodeStringInit(_Out_ PUNICODE_STRING Destination, _In_opt_z_ PCWSTR Source);
