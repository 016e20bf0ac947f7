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

#define PP_STRSAFE(Suffix, Char)                                                                        \
    FORCEINLINE NTSTATUS RtlStringCchLength##Suffix(const Char *Text, SIZE_T CountMax,                  \
                                                    size_t *Length) {                                   \
        SIZE_T Count = 0;                                                                               \
        while (Text != NULL && Count < CountMax && Text[Count] != 0) {                                  \
            Count++;                                                                                    \
        }                                                                                               \
        BOOLEAN Found = Text != NULL && Count < CountMax;                                               \
        if (Length != NULL) {                                                                           \
            *Length = Found ? Count : 0;                                                                \
        }                                                                                               \
        return Found ? STATUS_SUCCESS : STATUS_INVALID_PARAMETER;                                       \
    }                                                                                                   \
    FORCEINLINE NTSTATUS RtlStringCchCopyN##Suffix(Char *Destination, SIZE_T Size, const Char *Source,  \
                                                   SIZE_T CountMax) {                                   \
        if (Size == 0 || Size > NTSTRSAFE_MAX_CCH) {                                                    \
            return STATUS_INVALID_PARAMETER;                                                            \
        }                                                                                               \
        SIZE_T Count = 0;                                                                               \
        while (Count < CountMax && Source[Count] != 0) {                                                \
            if (Count == Size - 1) {                                                                    \
                Destination[Count] = 0;                                                                 \
                return STATUS_BUFFER_OVERFLOW;                                                          \
            }                                                                                           \
            Destination[Count] = Source[Count];                                                         \
            Count++;                                                                                    \
        }                                                                                               \
        Destination[Count] = 0;                                                                         \
        return STATUS_SUCCESS;                                                                          \
    }                                                                                                   \
    FORCEINLINE NTSTATUS RtlStringCchCopy##Suffix(Char *Destination, SIZE_T Size, const Char *Source) { \
        return RtlStringCchCopyN##Suffix(Destination, Size, Source, MAXSIZE_T);                         \
    }                                                                                                   \
    FORCEINLINE NTSTATUS RtlStringCchCatN##Suffix(Char *Destination, SIZE_T Size, const Char *Source,   \
                                                  SIZE_T CountMax) {                                    \
        SIZE_T Length;                                                                                  \
        NTSTATUS Status = RtlStringCchLength##Suffix(Destination, Size, &Length);                       \
        return NT_SUCCESS(Status)                                                                       \
                   ? RtlStringCchCopyN##Suffix(Destination + Length, Size - Length, Source, CountMax)   \
                   : Status;                                                                            \
    }                                                                                                   \
    FORCEINLINE NTSTATUS RtlStringCchCat##Suffix(Char *Destination, SIZE_T Size, const Char *Source) {  \
        return RtlStringCchCatN##Suffix(Destination, Size, Source, MAXSIZE_T);                          \
    }                                                                                                   \
    FORCEINLINE NTSTATUS RtlStringCbLength##Suffix(const Char *Text, SIZE_T Size, size_t *Length) {     \
        NTSTATUS Status = RtlStringCchLength##Suffix(Text, Size / sizeof(Char), Length);                \
        if (Length != NULL) {                                                                           \
            *Length *= sizeof(Char);                                                                    \
        }                                                                                               \
        return Status;                                                                                  \
    }                                                                                                   \
    FORCEINLINE NTSTATUS RtlStringCbCopy##Suffix(Char *Destination, SIZE_T Size, const Char *Source) {  \
        return RtlStringCchCopy##Suffix(Destination, Size / sizeof(Char), Source);                      \
    }                                                                                                   \
    FORCEINLINE NTSTATUS RtlStringCbCopyN##Suffix(Char *Destination, SIZE_T Size, const Char *Source,   \
                                                  SIZE_T Max) {                                         \
        return RtlStringCchCopyN##Suffix(Destination, Size / sizeof(Char), Source, Max / sizeof(Char)); \
    }                                                                                                   \
    FORCEINLINE NTSTATUS RtlStringCbCat##Suffix(Char *Destination, SIZE_T Size, const Char *Source) {   \
        return RtlStringCchCat##Suffix(Destination, Size / sizeof(Char), Source);                       \
    }                                                                                                   \
    FORCEINLINE NTSTATUS RtlStringCbCatN##Suffix(Char *Destination, SIZE_T Size, const Char *Source,    \
                                                 SIZE_T Max) {                                          \
        return RtlStringCchCatN##Suffix(Destination, Size / sizeof(Char), Source, Max / sizeof(Char));  \
    }                                                                                                   \
    NTSTATUS RtlStringCchPrintf##Suffix(Char *Destination, SIZE_T Size, const Char *Format, ...);       \
    NTSTATUS RtlStringCchVPrintf##Suffix(Char *Destination, SIZE_T Size, const Char *Format,            \
                                         va_list Arguments);                                            \
    NTSTATUS RtlStringCbPrintf##Suffix(Char *Destination, SIZE_T Size, const Char *Format, ...);        \
    NTSTATUS RtlStringCbVPrintf##Suffix(Char *Destination, SIZE_T Size, const Char *Format,             \
                                        va_list Arguments);

PP_STRSAFE(A, char)
PP_STRSAFE(W, WCHAR)
#undef PP_STRSAFE

// === ...Ex: flags, and where the text ends ===

#define STRSAFE_IGNORE_NULLS 0x00000100
#define STRSAFE_FILL_BEHIND_NULL 0x00000200
#define STRSAFE_FILL_ON_FAILURE 0x00000400
#define STRSAFE_NULL_ON_FAILURE 0x00000800
#define STRSAFE_NO_TRUNCATION 0x00001000
#define STRSAFE_FILL_BYTE(Byte) ((ULONG)(((Byte) & 0xFF) | STRSAFE_FILL_BEHIND_NULL))
#define STRSAFE_FAILURE_BYTE(Byte) ((ULONG)(((Byte) & 0xFF) | STRSAFE_FILL_ON_FAILURE))
#define STRSAFE_GET_FILL_PATTERN(Flags) ((int)((Flags) & 0xFF))
#define STRSAFE_ZERO_LENGTH_ON_FAILURE STRSAFE_NULL_ON_FAILURE

// What the functions ...Ex do besides. `Kept` characters were there before and stay when nothing may be
// cut.
#define PP_STRSAFE_EX(Suffix, Char)                                                                     \
    FORCEINLINE NTSTATUS PpStrsafeEnd##Suffix(Char *Destination, SIZE_T Size, SIZE_T Kept,              \
                                              NTSTATUS Status, Char **End, size_t *Remaining,           \
                                              ULONG Flags) {                                            \
        SIZE_T Length = 0;                                                                              \
        if (Size > 0 && !NT_SUCCESS(Status) && (Flags & STRSAFE_FILL_ON_FAILURE) != 0) {                \
            memset(Destination, STRSAFE_GET_FILL_PATTERN(Flags), Size * sizeof(Char));                  \
            Destination[STRSAFE_GET_FILL_PATTERN(Flags) == 0 ? 0 : Size - 1] = 0;                       \
        }                                                                                               \
        if (Size > 0 && !NT_SUCCESS(Status) && (Flags & STRSAFE_NO_TRUNCATION) != 0) {                  \
            Destination[Kept] = 0;                                                                      \
        }                                                                                               \
        if (Size > 0 && !NT_SUCCESS(Status) && (Flags & STRSAFE_NULL_ON_FAILURE) != 0) {                \
            Destination[0] = 0;                                                                         \
        }                                                                                               \
        while (Length < Size && Destination[Length] != 0) {                                             \
            Length++;                                                                                   \
        }                                                                                               \
        if (Length < Size && NT_SUCCESS(Status) && (Flags & STRSAFE_FILL_BEHIND_NULL) != 0) {           \
            memset(Destination + Length + 1, STRSAFE_GET_FILL_PATTERN(Flags),                           \
                   (Size - Length - 1) * sizeof(Char));                                                 \
        }                                                                                               \
        if (End != NULL) {                                                                              \
            *End = Size > 0 ? Destination + Length : Destination;                                       \
        }                                                                                               \
        if (Remaining != NULL) {                                                                        \
            *Remaining = Size - Length;                                                                 \
        }                                                                                               \
        return Status;                                                                                  \
    }                                                                                                   \
    FORCEINLINE NTSTATUS RtlStringCchCopyNEx##Suffix(Char *Destination, SIZE_T Size,                    \
                                                     const Char *Source, SIZE_T CountMax, Char **End,   \
                                                     size_t *Remaining, ULONG Flags) {                  \
        static const Char Nothing[1] = {0};                                                             \
        BOOLEAN IsNothing = Source == NULL && (Flags & STRSAFE_IGNORE_NULLS) != 0;                      \
        const Char *Text = IsNothing ? Nothing : Source;                                                \
        NTSTATUS Status = Size == 0 && IsNothing                                                        \
                              ? STATUS_SUCCESS                                                          \
                              : RtlStringCchCopyN##Suffix(Destination, Size, Text, CountMax);           \
        return Status == STATUS_INVALID_PARAMETER                                                       \
                   ? Status                                                                             \
                   : PpStrsafeEnd##Suffix(Destination, Size, 0, Status, End, Remaining, Flags);         \
    }                                                                                                   \
    FORCEINLINE NTSTATUS RtlStringCchCatNEx##Suffix(Char *Destination, SIZE_T Size, const Char *Source, \
                                                    SIZE_T CountMax, Char **End, size_t *Remaining,     \
                                                    ULONG Flags) {                                      \
        SIZE_T Length;                                                                                  \
        NTSTATUS Status = RtlStringCchLength##Suffix(Destination, Size, &Length);                       \
        if (!NT_SUCCESS(Status)) {                                                                      \
            return Status;                                                                              \
        }                                                                                               \
        if (Source != NULL || (Flags & STRSAFE_IGNORE_NULLS) == 0) {                                    \
            Status = RtlStringCchCopyN##Suffix(Destination + Length, Size - Length, Source, CountMax);  \
        }                                                                                               \
        return PpStrsafeEnd##Suffix(Destination, Size, Length, Status, End, Remaining, Flags);          \
    }                                                                                                   \
    FORCEINLINE NTSTATUS RtlStringCchVPrintfEx##Suffix(Char *Destination, SIZE_T Size, Char **End,      \
                                                       size_t *Remaining, ULONG Flags,                  \
                                                       const Char *Format, va_list Arguments) {         \
        NTSTATUS Status = Size == 0                                                                     \
                              ? STATUS_INVALID_PARAMETER                                                \
                              : RtlStringCchVPrintf##Suffix(Destination, Size, Format, Arguments);      \
        return Status == STATUS_INVALID_PARAMETER                                                       \
                   ? Status                                                                             \
                   : PpStrsafeEnd##Suffix(Destination, Size, 0, Status, End, Remaining, Flags);         \
    }                                                                                                   \
    FORCEINLINE NTSTATUS RtlStringCchCopyEx##Suffix(Char *Destination, SIZE_T Size, const Char *Source, \
                                                    Char **End, size_t *Remaining, ULONG Flags) {       \
        return RtlStringCchCopyNEx##Suffix(Destination, Size, Source, MAXSIZE_T, End, Remaining,        \
                                           Flags);                                                      \
    }                                                                                                   \
    FORCEINLINE NTSTATUS RtlStringCchCatEx##Suffix(Char *Destination, SIZE_T Size, const Char *Source,  \
                                                   Char **End, size_t *Remaining, ULONG Flags) {        \
        return RtlStringCchCatNEx##Suffix(Destination, Size, Source, MAXSIZE_T, End, Remaining, Flags); \
    }                                                                                                   \
    FORCEINLINE NTSTATUS RtlStringCbCopyNEx##Suffix(Char *Destination, SIZE_T Size, const Char *Source, \
                                                    SIZE_T Max, Char **End, size_t *Remaining,          \
                                                    ULONG Flags) {                                      \
        NTSTATUS Status = RtlStringCchCopyNEx##Suffix(Destination, Size / sizeof(Char), Source,         \
                                                      Max / sizeof(Char), End, Remaining, Flags);       \
        if (Remaining != NULL && Status != STATUS_INVALID_PARAMETER) {                                  \
            *Remaining = *Remaining * sizeof(Char) + Size % sizeof(Char);                               \
        }                                                                                               \
        return Status;                                                                                  \
    }                                                                                                   \
    FORCEINLINE NTSTATUS RtlStringCbCopyEx##Suffix(Char *Destination, SIZE_T Size, const Char *Source,  \
                                                   Char **End, size_t *Remaining, ULONG Flags) {        \
        NTSTATUS Status = RtlStringCchCopyEx##Suffix(Destination, Size / sizeof(Char), Source, End,     \
                                                     Remaining, Flags);                                 \
        if (Remaining != NULL && Status != STATUS_INVALID_PARAMETER) {                                  \
            *Remaining = *Remaining * sizeof(Char) + Size % sizeof(Char);                               \
        }                                                                                               \
        return Status;                                                                                  \
    }                                                                                                   \
    FORCEINLINE NTSTATUS RtlStringCbCatNEx##Suffix(Char *Destination, SIZE_T Size, const Char *Source,  \
                                                   SIZE_T Max, Char **End, size_t *Remaining,           \
                                                   ULONG Flags) {                                       \
        NTSTATUS Status = RtlStringCchCatNEx##Suffix(Destination, Size / sizeof(Char), Source,          \
                                                     Max / sizeof(Char), End, Remaining, Flags);        \
        if (Remaining != NULL && Status != STATUS_INVALID_PARAMETER) {                                  \
            *Remaining = *Remaining * sizeof(Char) + Size % sizeof(Char);                               \
        }                                                                                               \
        return Status;                                                                                  \
    }                                                                                                   \
    FORCEINLINE NTSTATUS RtlStringCbCatEx##Suffix(Char *Destination, SIZE_T Size, const Char *Source,   \
                                                  Char **End, size_t *Remaining, ULONG Flags) {         \
        NTSTATUS Status =                                                                               \
            RtlStringCchCatEx##Suffix(Destination, Size / sizeof(Char), Source, End, Remaining, Flags); \
        if (Remaining != NULL && Status != STATUS_INVALID_PARAMETER) {                                  \
            *Remaining = *Remaining * sizeof(Char) + Size % sizeof(Char);                               \
        }                                                                                               \
        return Status;                                                                                  \
    }                                                                                                   \
    FORCEINLINE NTSTATUS RtlStringCbVPrintfEx##Suffix(Char *Destination, SIZE_T Size, Char **End,       \
                                                      size_t *Remaining, ULONG Flags,                   \
                                                      const Char *Format, va_list Arguments) {          \
        NTSTATUS Status = RtlStringCchVPrintfEx##Suffix(Destination, Size / sizeof(Char), End,          \
                                                        Remaining, Flags, Format, Arguments);           \
        if (Remaining != NULL && Status != STATUS_INVALID_PARAMETER) {                                  \
            *Remaining = *Remaining * sizeof(Char) + Size % sizeof(Char);                               \
        }                                                                                               \
        return Status;                                                                                  \
    }                                                                                                   \
    NTSTATUS RtlStringCchPrintfEx##Suffix(Char *Destination, SIZE_T Size, Char **End,                   \
                                          size_t *Remaining, ULONG Flags, const Char *Format, ...);     \
    NTSTATUS RtlStringCbPrintfEx##Suffix(Char *Destination, SIZE_T Size, Char **End, size_t *Remaining, \
                                         ULONG Flags, const Char *Format, ...);

PP_STRSAFE_EX(A, char)
PP_STRSAFE_EX(W, WCHAR)
#undef PP_STRSAFE_EX

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
FORCEINLINE NTSTATUS RtlUnicodeStringInitEx(_Out_ PUNICODE_STRING Destination, _In_opt_z_ PCWSTR Source,
                                            _In_ ULONG Flags) {
    (void)Flags;  // NULL is no text, with or without STRSAFE_IGNORE_NULLS
    return RtlUnicodeStringInit(Destination, Source);
}
