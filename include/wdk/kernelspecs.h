// SPDX-License-Identifier: MIT
// Kernel annotations (_IRQL_requires_, ...); here they are in sal.h.
#pragma once

#include <sal.h>
