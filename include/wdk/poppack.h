// SPDX-License-Identifier: MIT
// Ends what the latest pshpackN.h began.
#pragma pack(pop)
