// SPDX-License-Identifier: MIT
// GUIDs of the kernel: drivers include this out of habit; none is here.
#pragma once

#include <guiddef.h>
