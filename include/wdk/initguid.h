// SPDX-License-Identifier: MIT
// From here on DEFINE_GUID defines. Source: learn.microsoft.com/windows-hardware/drivers/kernel/
// defining-and-exporting-new-guids.
#ifndef INITGUID
#define INITGUID
#endif
#include <guiddef.h>
