// SPDX-License-Identifier: MIT
// Types of Windows programs that some drivers use as well.
//
// Source: learn.microsoft.com/windows/win32/winprog/windows-data-types.
#pragma once

#include <ntdef.h>

#ifndef FAR
#define FAR
#endif
#ifndef NEAR
#define NEAR
#endif
#define WINAPI
#define APIENTRY
#define CALLBACK
#define MAX_PATH 260

typedef int BOOL, *PBOOL, *LPBOOL;
typedef unsigned char BYTE, *PBYTE, *LPBYTE;
typedef unsigned short WORD, *PWORD, *LPWORD;
typedef unsigned int DWORD, *PDWORD, *LPDWORD;
typedef int *LPINT, *LPLONG;
typedef void *LPVOID;
typedef const void *LPCVOID;
typedef UINT_PTR WPARAM;
typedef LONG_PTR LPARAM, LRESULT;

#define MAKEWORD(Low, High) ((WORD)((BYTE)(Low) | ((WORD)(BYTE)(High)) << 8))
#define MAKELONG(Low, High) ((LONG)((WORD)(Low) | ((DWORD)(WORD)(High)) << 16))
#define LOWORD(Value) ((WORD)((DWORD_PTR)(Value) & 0xffff))
#define HIWORD(Value) ((WORD)(((DWORD_PTR)(Value) >> 16) & 0xffff))
#define LOBYTE(Value) ((BYTE)((DWORD_PTR)(Value) & 0xff))
#define HIBYTE(Value) ((BYTE)(((DWORD_PTR)(Value) >> 8) & 0xff))

_Static_assert(sizeof(DWORD) == 4 && sizeof(WORD) == 2, "windef.h");
