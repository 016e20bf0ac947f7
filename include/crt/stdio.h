// SPDX-License-Identifier: MIT
#pragma once
#include <ntcrt.h>
