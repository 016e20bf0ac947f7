// SPDX-License-Identifier: MIT
// What most drivers include; here the same as wdm.h.
#pragma once
#define _NTDDK_

#include <wdm.h>
