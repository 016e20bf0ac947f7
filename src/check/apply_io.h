// SPDX-License-Identifier: MIT
// What the model knows of IRPs, devices and symbolic links.
#pragma once
#include "check/model.h"

void pp_apply_io(const struct pp_event *event);
