// SPDX-License-Identifier: MIT
// What file systems include; nothing of theirs is here beyond ntddk.h.
#pragma once
#define _NTIFS_

#include <ntddk.h>
