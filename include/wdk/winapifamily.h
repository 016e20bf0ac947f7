// SPDX-License-Identifier: MIT
// Which parts of Windows a source may use: all of them. The macros are in ntdef.h.
#pragma once

#include <ntdef.h>
