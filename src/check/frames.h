// SPDX-License-Identifier: MIT
// What is in the frames of an NBL that is sent.
#pragma once
#include "check/model.h"

#include <ndis.h>

// That each header lies in one MDL, and that the frames belong together. Of an NBL whose NBs and MDLs
// are there.
void pp_frames_judge(const struct pp_event *event, const NET_BUFFER_LIST *nbl);
