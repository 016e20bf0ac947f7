// SPDX-License-Identifier: MIT
// Rules about remove locks, rundown protection, resources, executive callbacks and breakpoints.
#include "fixture.h"

static IO_REMOVE_LOCK remove_lock;
static EX_RUNDOWN_REF rundown;
static ERESOURCE resource;

// === Remove locks ===

static NTSTATUS release_remove_lock_twice(void) {
    IoInitializeRemoveLock(&remove_lock, 'tseT', 0, 0);
    IoAcquireRemoveLock(&remove_lock, NULL);
    IoReleaseRemoveLock(&remove_lock, NULL);
    IoReleaseRemoveLock(&remove_lock, NULL);
    return STATUS_SUCCESS;
}

static NTSTATUS wait_without_remove_lock(void) {
    IoInitializeRemoveLock(&remove_lock, 'tseT', 0, 0);
    IoReleaseRemoveLockAndWait(&remove_lock, NULL);
    return STATUS_SUCCESS;
}

static NTSTATUS use_remove_lock(void) {
    IoInitializeRemoveLock(&remove_lock, 'tseT', 0, 0);
    IoAcquireRemoveLock(&remove_lock, NULL);
    IoAcquireRemoveLock(&remove_lock, &rundown);
    IoReleaseRemoveLock(&remove_lock, &rundown);
    IoReleaseRemoveLockAndWait(&remove_lock, NULL);
    if (IoAcquireRemoveLock(&remove_lock, NULL) == STATUS_DELETE_PENDING) {
        fixture_reached();
    }
    return STATUS_SUCCESS;
}

// === Rundown protection ===

static NTSTATUS release_rundown_twice(void) {
    ExInitializeRundownProtection(&rundown);
    ExAcquireRundownProtection(&rundown);
    ExReleaseRundownProtection(&rundown);
    ExReleaseRundownProtection(&rundown);
    return STATUS_SUCCESS;
}

static NTSTATUS use_rundown(void) {
    ExInitializeRundownProtection(&rundown);
    ExAcquireRundownProtectionEx(&rundown, 3);
    ExReleaseRundownProtectionEx(&rundown, 2);
    ExReleaseRundownProtection(&rundown);
    ExWaitForRundownProtectionRelease(&rundown);
    if (!ExAcquireRundownProtection(&rundown)) {
        fixture_reached();
    }
    return STATUS_SUCCESS;
}

// === Resources ===

static NTSTATUS init_resource(void) { return ExInitializeResourceLite(&resource); }

static NTSTATUS release_free_resource(void) {
    init_resource();
    ExReleaseResourceLite(&resource);
    return STATUS_SUCCESS;
}

static void use_and_delete_resource(void) {
    KeEnterCriticalRegion();
    ExAcquireResourceSharedLite(&resource, TRUE);
    if (!ExAcquireResourceExclusiveLite(&resource, FALSE)) {
        fixture_reached();
    }
    ExReleaseResourceLite(&resource);
    ExAcquireResourceExclusiveLite(&resource, TRUE);
    ExAcquireResourceExclusiveLite(&resource, TRUE);
    ExReleaseResourceLite(&resource);
    ExReleaseResourceLite(&resource);
    KeLeaveCriticalRegion();
    ExDeleteResourceLite(&resource);
}

static NTSTATUS use_deleted_resource(void) {
    init_resource();
    ExDeleteResourceLite(&resource);
    ExAcquireResourceSharedLite(&resource, TRUE);
    return STATUS_SUCCESS;
}

// === Executive callbacks ===

static void on_callback(PVOID context, PVOID argument1, PVOID argument2) {
    if (context == &rundown && argument1 == &resource && argument2 == NULL) {
        fixture_reached();
    }
}

static NTSTATUS register_callback(void) {
    PCALLBACK_OBJECT object;
    UNICODE_STRING name;
    OBJECT_ATTRIBUTES attributes;
    RtlInitUnicodeString(&name, L"\\Callback\\Poolproof");
    InitializeObjectAttributes(&attributes, &name, OBJ_CASE_INSENSITIVE | OBJ_PERMANENT, NULL, NULL);
    NTSTATUS status = ExCreateCallback(&object, &attributes, TRUE, TRUE);
    if (NT_SUCCESS(status)) {
        fixture.kept[0] = ExRegisterCallback(object, on_callback, &rundown);
        ExNotifyCallback(object, &resource, NULL);
        ObDereferenceObject(object);
    }
    return STATUS_SUCCESS;
}

static void unregister_callback(void) { ExUnregisterCallback(fixture.kept[0]); }

static void unregister_twice(void) {
    unregister_callback();
    unregister_callback();
}

// === Breakpoints ===

static NTSTATUS reach_breakpoint(void) {
    DbgBreakPoint();
    return STATUS_SUCCESS;
}

static NTSTATUS print(void) {
    DbgPrintEx(DPFLTR_IHVNETWORK_ID, DPFLTR_ERROR_LEVEL, "%wZ\n", NULL);
    fixture_reached();
    return STATUS_SUCCESS;
}

static const struct check_case cases[] = {
    {.rule = "HOLD-PAIR",
     .title = "poolproof: HOLD-PAIR: remove lock released that is not held in DriverEntry",
     .catches.load = release_remove_lock_twice,
     .silent.load = use_remove_lock},
    {.rule = "HOLD-PAIR",
     .title = "poolproof: HOLD-PAIR: remove lock released that is not held in DriverEntry",
     .catches.load = wait_without_remove_lock,
     .silent.load = use_remove_lock},
    {.rule = "HOLD-PAIR",
     .title = "poolproof: HOLD-PAIR: rundown protection released that is not held in DriverEntry",
     .catches.load = release_rundown_twice,
     .silent.load = use_rundown},
    {.rule = "HOLD-PAIR",
     .title = "poolproof: HOLD-PAIR: resource released that is not held in DriverEntry",
     .catches.load = release_free_resource,
     .silent = {.load = init_resource, .unload = use_and_delete_resource}},
    {.rule = "UNLOAD-ACTIVE",
     .title = "poolproof: UNLOAD-ACTIVE: resource still in use when the driver is unloaded, begun in "
              "DriverEntry",
     .catches.load = init_resource,
     .silent = {.load = init_resource, .unload = use_and_delete_resource}},
    {.rule = "OBJECT-HANDLE",
     .title = "poolproof: OBJECT-HANDLE: something else instead of a resource in DriverEntry",
     .catches.load = use_deleted_resource,
     .silent = {.load = init_resource, .unload = use_and_delete_resource}},
    {.rule = "UNLOAD-ACTIVE",
     .title = "poolproof: UNLOAD-ACTIVE: callback still registered when the driver is unloaded, begun "
              "in DriverEntry",
     .catches.load = register_callback,
     .silent = {.load = register_callback, .unload = unregister_callback}},
    {.rule = "OBJECT-HANDLE",
     .title = "poolproof: OBJECT-HANDLE: something else instead of a callback in DriverUnload",
     .catches = {.load = register_callback, .unload = unregister_twice},
     .silent = {.load = register_callback, .unload = unregister_callback}},
    {.rule = "ASSERT",
     .title = "poolproof: ASSERT: breakpoint reached in DriverEntry",
     .catches.load = reach_breakpoint,
     .silent.load = print},
};

int main(void) { return CHECK_RUN("protection", cases); }
