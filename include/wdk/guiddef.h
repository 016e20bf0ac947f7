// SPDX-License-Identifier: MIT
// GUID, and DEFINE_GUID, which declares one, or defines it where initguid.h was included before.
//
// Source: learn.microsoft.com/windows/win32/api/guiddef/.
#ifndef GUID_DEFINED
#define GUID_DEFINED

#include <string.h>

typedef struct _GUID {
    unsigned int Data1;
    unsigned short Data2;
    unsigned short Data3;
    unsigned char Data4[8];
} GUID, *PGUID, *LPGUID;
typedef const GUID *LPCGUID, *PCGUID;

typedef GUID IID, *LPIID;
typedef GUID CLSID, *LPCLSID;
#define REFGUID const GUID *
#define REFIID const IID *
#define REFCLSID const IID *

#define IsEqualGUID(Left, Right) (memcmp((Left), (Right), sizeof(GUID)) == 0)
#define InlineIsEqualGUID(Left, Right) IsEqualGUID(Left, Right)
#define IsEqualIID(Left, Right) IsEqualGUID(Left, Right)
#define IsEqualCLSID(Left, Right) IsEqualGUID(Left, Right)

_Static_assert(sizeof(GUID) == 16, "GUID");

#endif

// Outside of the guard, so that initguid.h works when it comes second.
#undef DEFINE_GUID
#ifdef INITGUID
#define DEFINE_GUID(Name, L, W1, W2, B1, B2, B3, B4, B5, B6, B7, B8) \
    extern const GUID Name;                                          \
    __attribute__((weak)) const GUID Name = {L, W1, W2, {B1, B2, B3, B4, B5, B6, B7, B8}}
#else
#define DEFINE_GUID(Name, L, W1, W2, B1, B2, B3, B4, B5, B6, B7, B8) extern const GUID Name
#endif
