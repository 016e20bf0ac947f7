// SPDX-License-Identifier: MIT
#include "base/mark.h"

struct pp_marked pp_marked;
