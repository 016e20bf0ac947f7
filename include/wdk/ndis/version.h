// SPDX-License-Identifier: MIT
// Which NDIS version a driver was written for, from its project macro (NDIS60 ... NDIS686; the highest
// counts). Without one: 6.30. NDIS_SUPPORT_NDIS6xx says whether that version includes 6.xx.
// Structures have all their members whatever the version, as the world and all drivers share them; the
// NDIS_SIZEOF_..._REVISION_n of each revision stay those of Windows.
//
// Source: learn.microsoft.com/windows-hardware/drivers/network/specifying-ndis-version-information.
#pragma once

#if defined(NDIS686) || defined(NDIS686_MINIPORT)
#define PP_NDIS_VERSION 686
#elif defined(NDIS685) || defined(NDIS685_MINIPORT)
#define PP_NDIS_VERSION 685
#elif defined(NDIS684) || defined(NDIS684_MINIPORT)
#define PP_NDIS_VERSION 684
#elif defined(NDIS683) || defined(NDIS683_MINIPORT)
#define PP_NDIS_VERSION 683
#elif defined(NDIS682) || defined(NDIS682_MINIPORT)
#define PP_NDIS_VERSION 682
#elif defined(NDIS681) || defined(NDIS681_MINIPORT)
#define PP_NDIS_VERSION 681
#elif defined(NDIS680) || defined(NDIS680_MINIPORT)
#define PP_NDIS_VERSION 680
#elif defined(NDIS670) || defined(NDIS670_MINIPORT)
#define PP_NDIS_VERSION 670
#elif defined(NDIS660) || defined(NDIS660_MINIPORT)
#define PP_NDIS_VERSION 660
#elif defined(NDIS651) || defined(NDIS651_MINIPORT)
#define PP_NDIS_VERSION 651
#elif defined(NDIS650) || defined(NDIS650_MINIPORT)
#define PP_NDIS_VERSION 650
#elif defined(NDIS640) || defined(NDIS640_MINIPORT)
#define PP_NDIS_VERSION 640
#elif defined(NDIS630) || defined(NDIS630_MINIPORT)
#define PP_NDIS_VERSION 630
#elif defined(NDIS620) || defined(NDIS620_MINIPORT)
#define PP_NDIS_VERSION 620
#elif defined(NDIS61) || defined(NDIS61_MINIPORT)
#define PP_NDIS_VERSION 610
#elif defined(NDIS60) || defined(NDIS60_MINIPORT)
#define PP_NDIS_VERSION 600
#else
#define PP_NDIS_VERSION 630
#endif

#define NDIS_SUPPORT_NDIS6 1
#if PP_NDIS_VERSION >= 610
#define NDIS_SUPPORT_NDIS61 1
#else
#define NDIS_SUPPORT_NDIS61 0
#endif
#if PP_NDIS_VERSION >= 620
#define NDIS_SUPPORT_NDIS620 1
#else
#define NDIS_SUPPORT_NDIS620 0
#endif
#if PP_NDIS_VERSION >= 630
#define NDIS_SUPPORT_NDIS630 1
#else
#define NDIS_SUPPORT_NDIS630 0
#endif
#if PP_NDIS_VERSION >= 640
#define NDIS_SUPPORT_NDIS640 1
#else
#define NDIS_SUPPORT_NDIS640 0
#endif
#if PP_NDIS_VERSION >= 650
#define NDIS_SUPPORT_NDIS650 1
#else
#define NDIS_SUPPORT_NDIS650 0
#endif
#if PP_NDIS_VERSION >= 651
#define NDIS_SUPPORT_NDIS651 1
#else
#define NDIS_SUPPORT_NDIS651 0
#endif
#if PP_NDIS_VERSION >= 660
#define NDIS_SUPPORT_NDIS660 1
#else
#define NDIS_SUPPORT_NDIS660 0
#endif
#if PP_NDIS_VERSION >= 670
#define NDIS_SUPPORT_NDIS670 1
#else
#define NDIS_SUPPORT_NDIS670 0
#endif
#if PP_NDIS_VERSION >= 680
#define NDIS_SUPPORT_NDIS680 1
#else
#define NDIS_SUPPORT_NDIS680 0
#endif
#if PP_NDIS_VERSION >= 681
#define NDIS_SUPPORT_NDIS681 1
#else
#define NDIS_SUPPORT_NDIS681 0
#endif
#if PP_NDIS_VERSION >= 682
#define NDIS_SUPPORT_NDIS682 1
#else
#define NDIS_SUPPORT_NDIS682 0
#endif
#if PP_NDIS_VERSION >= 683
#define NDIS_SUPPORT_NDIS683 1
#else
#define NDIS_SUPPORT_NDIS683 0
#endif
#if PP_NDIS_VERSION >= 684
#define NDIS_SUPPORT_NDIS684 1
#else
#define NDIS_SUPPORT_NDIS684 0
#endif
#if PP_NDIS_VERSION >= 685
#define NDIS_SUPPORT_NDIS685 1
#else
#define NDIS_SUPPORT_NDIS685 0
#endif
#if PP_NDIS_VERSION >= 686
#define NDIS_SUPPORT_NDIS686 1
#else
#define NDIS_SUPPORT_NDIS686 0
#endif

// 6.0 and 6.1 have the minor versions 0 and 1, all later ones the last two digits.
#if PP_NDIS_VERSION == 600
#define PP_NDIS_MINOR_VERSION 0
#elif PP_NDIS_VERSION == 610
#define PP_NDIS_MINOR_VERSION 1
#else
#define PP_NDIS_MINOR_VERSION (PP_NDIS_VERSION - 600)
#endif
#define NDIS_PROTOCOL_MAJOR_VERSION 6
#define NDIS_PROTOCOL_MINOR_VERSION PP_NDIS_MINOR_VERSION
#define NDIS_FILTER_MAJOR_VERSION 6
#define NDIS_FILTER_MINOR_VERSION PP_NDIS_MINOR_VERSION
#define NDIS_FILTER_MINIMUM_MAJOR_VERSION 6
#define NDIS_FILTER_MINIMUM_MINOR_VERSION 0
#define NDIS_MINIPORT_MAJOR_VERSION 6
#define NDIS_MINIPORT_MINOR_VERSION PP_NDIS_MINOR_VERSION

#define NDIS_LEGACY_DRIVER 0
#define NDIS_LEGACY_MINIPORT 0
#define NDIS_LEGACY_PROTOCOL 0

// What NdisGetVersion returns.
#define NDIS_RUNTIME_VERSION_60 ((6 << 16) | 0)
#define NDIS_RUNTIME_VERSION_61 ((6 << 16) | 1)
#define NDIS_RUNTIME_VERSION_620 ((6 << 16) | 20)
#define NDIS_RUNTIME_VERSION_630 ((6 << 16) | 30)
#define NDIS_RUNTIME_VERSION_640 ((6 << 16) | 40)
#define NDIS_RUNTIME_VERSION_650 ((6 << 16) | 50)
#define NDIS_RUNTIME_VERSION_651 ((6 << 16) | 51)
#define NDIS_RUNTIME_VERSION_660 ((6 << 16) | 60)
#define NDIS_RUNTIME_VERSION_670 ((6 << 16) | 70)
#define NDIS_RUNTIME_VERSION_680 ((6 << 16) | 80)
#define NDIS_RUNTIME_VERSION_681 ((6 << 16) | 81)
#define NDIS_RUNTIME_VERSION_682 ((6 << 16) | 82)
#define NDIS_RUNTIME_VERSION_683 ((6 << 16) | 83)
#define NDIS_RUNTIME_VERSION_684 ((6 << 16) | 84)
#define NDIS_RUNTIME_VERSION_685 ((6 << 16) | 85)
#define NDIS_RUNTIME_VERSION_686 ((6 << 16) | 86)
