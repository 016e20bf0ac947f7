// SPDX-License-Identifier: MIT
#include "fixture.h"

#include "base/guard.h"
#include "check/check.h"
#include "check/report.h"
#include "kernel/crash.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <poolproof/run.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TAG 'tseT'

struct fixture fixture;
static struct fixture_steps steps;

const char check_one_write[] = "a0 = adapter()\n"
                               "b0 = bind(a0)\n"
                               "restart(b0)\n"
                               "f0 = create(a0)\n"
                               "write(f0)\n"
                               "complete(b0)\n"
                               "close(f0)\n"
                               "unbind(b0)\n";

void fixture_reached(void) { fixture.reached_count++; }

// === Pools and memory ===

NDIS_HANDLE fixture_make_nbl_pool(bool has_nb, uint32_t data_size) {
    NET_BUFFER_LIST_POOL_PARAMETERS parameters;
    NdisZeroMemory(&parameters, sizeof(parameters));
    parameters.Header.Type = NDIS_OBJECT_TYPE_DEFAULT;
    parameters.Header.Revision = NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1;
    parameters.Header.Size = NDIS_SIZEOF_NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1;
    parameters.fAllocateNetBuffer = has_nb;
    parameters.ContextSize = MEMORY_ALLOCATION_ALIGNMENT;
    parameters.PoolTag = TAG;
    parameters.DataSize = data_size;
    return NdisAllocateNetBufferListPool(fixture.protocol, &parameters);
}

NDIS_HANDLE fixture_make_nb_pool(uint32_t data_size) {
    NET_BUFFER_POOL_PARAMETERS parameters;
    NdisZeroMemory(&parameters, sizeof(parameters));
    parameters.Header.Type = NDIS_OBJECT_TYPE_DEFAULT;
    parameters.Header.Revision = NET_BUFFER_POOL_PARAMETERS_REVISION_1;
    parameters.Header.Size = NDIS_SIZEOF_NET_BUFFER_POOL_PARAMETERS_REVISION_1;
    parameters.PoolTag = TAG;
    parameters.DataSize = data_size;
    return NdisAllocateNetBufferPool(fixture.protocol, &parameters);
}

void *fixture_take_memory(uint32_t size) {
    return NdisAllocateMemoryWithTagPriority(fixture.protocol, size, TAG, NormalPoolPriority);
}

void fixture_make_pools(void) {
    fixture.nbl_pool = fixture_make_nbl_pool(/*has_nb=*/true, 0);
    fixture.nb_pool = fixture_make_nb_pool(0);
}

void fixture_free_pools(void) {
    if (fixture.nb_pool != NULL) {
        NdisFreeNetBufferPool(fixture.nb_pool);
    }
    if (fixture.nbl_pool != NULL) {
        NdisFreeNetBufferListPool(fixture.nbl_pool);
    }
    fixture.nb_pool = fixture.nbl_pool = NULL;
}

// === Binding ===

NDIS_STATUS fixture_open(NDIS_HANDLE bind_context, NDIS_BIND_PARAMETERS *parameters) {
    NDIS_MEDIUM mediums[] = {NdisMedium802_3};
    UINT selected;
    NDIS_OPEN_PARAMETERS open;
    NdisZeroMemory(&open, sizeof(open));
    open.Header.Type = NDIS_OBJECT_TYPE_OPEN_PARAMETERS;
    open.Header.Revision = NDIS_OPEN_PARAMETERS_REVISION_1;
    open.Header.Size = NDIS_SIZEOF_OPEN_PARAMETERS_REVISION_1;
    open.AdapterName = parameters->AdapterName;
    open.MediumArray = mediums;
    open.MediumArraySize = 1;
    open.SelectedMediumIndex = &selected;
    NDIS_STATUS status =
        NdisOpenAdapterEx(fixture.protocol, &fixture, &open, bind_context, &fixture.binding);
    if (status == NDIS_STATUS_PENDING) {
        NdisWaitEvent(&fixture.adapter_done, 0);
        NdisResetEvent(&fixture.adapter_done);
        status = fixture.open_status;
    }
    return status;
}

void fixture_close(void) {
    if (NdisCloseAdapterEx(fixture.binding) == NDIS_STATUS_PENDING) {
        NdisWaitEvent(&fixture.adapter_done, 0);
        NdisResetEvent(&fixture.adapter_done);
    }
}

NDIS_STATUS fixture_bind(NDIS_HANDLE bind_context, NDIS_BIND_PARAMETERS *parameters) {
    fixture_make_pools();
    NDIS_STATUS status = NDIS_STATUS_RESOURCES;
    if (fixture.nbl_pool != NULL && fixture.nb_pool != NULL) {
        status = fixture_open(bind_context, parameters);
    }
    if (status != NDIS_STATUS_SUCCESS) {
        fixture_free_pools();
    }
    return status;
}

NDIS_STATUS fixture_unbind(NDIS_HANDLE unbind_context) {
    (void)unbind_context;
    fixture_stop();
    fixture_close();
    fixture_free_pools();
    return NDIS_STATUS_SUCCESS;
}

void fixture_start(void) {
    NdisResetEvent(&fixture.sends_done);
    NdisAcquireSpinLock(&fixture.lock);
    fixture.is_running = true;
    fixture.holds++;
    NdisReleaseSpinLock(&fixture.lock);
}

void fixture_stop(void) {
    NdisAcquireSpinLock(&fixture.lock);
    bool must_wait = fixture.is_running && --fixture.holds != 0;
    fixture.is_running = false;
    NdisReleaseSpinLock(&fixture.lock);
    if (must_wait) {
        NdisWaitEvent(&fixture.sends_done, 0);
    }
}

// === Sending ===

bool fixture_hold(void) {
    NdisAcquireSpinLock(&fixture.lock);
    bool is_running = fixture.is_running;
    fixture.holds += is_running;
    NdisReleaseSpinLock(&fixture.lock);
    return is_running;
}

void fixture_release(void) {
    NdisAcquireSpinLock(&fixture.lock);
    bool is_last = --fixture.holds == 0;
    NdisReleaseSpinLock(&fixture.lock);
    if (is_last) {
        NdisSetEvent(&fixture.sends_done);
    }
}

NTSTATUS fixture_end_irp(IRP *irp, NTSTATUS status) {
    irp->IoStatus.Status = status;
    irp->IoStatus.Information = 0;
    IoCompleteRequest(irp, IO_NO_INCREMENT);
    return status;
}

static IRP **irp_of(NET_BUFFER_LIST *nbl) { return (IRP **)NET_BUFFER_LIST_CONTEXT_DATA_START(nbl); }

NET_BUFFER_LIST *fixture_make_send(IRP *irp) {
    ULONG length = IoGetCurrentIrpStackLocation(irp)->Parameters.Write.Length;
    NET_BUFFER_LIST *nbl = NdisAllocateNetBufferAndNetBufferList(
        fixture.nbl_pool, MEMORY_ALLOCATION_ALIGNMENT, 0, irp->MdlAddress, 0, length);
    if (nbl != NULL) {
        *irp_of(nbl) = irp;
        nbl->SourceHandle = fixture.binding;
    }
    return nbl;
}

void fixture_send(NET_BUFFER_LIST *nbl) {
    IoMarkIrpPending(*irp_of(nbl));
    NdisSendNetBufferLists(fixture.binding, nbl, NDIS_DEFAULT_PORT_NUMBER, 0);
}

void fixture_end_send(NET_BUFFER_LIST *nbl) {
    IRP *irp = *irp_of(nbl);
    NDIS_STATUS status = nbl->Status;
    NdisFreeNetBufferList(nbl);
    fixture_end_irp(irp, status);
    fixture_release();
}

NTSTATUS fixture_write(IRP *irp) {
    if (!fixture_hold()) {
        return fixture_end_irp(irp, STATUS_DEVICE_NOT_READY);
    }
    NET_BUFFER_LIST *nbl = irp->MdlAddress != NULL ? fixture_make_send(irp) : NULL;
    if (nbl == NULL) {
        fixture_release();
        return fixture_end_irp(irp, STATUS_INSUFFICIENT_RESOURCES);
    }
    fixture_send(nbl);
    return STATUS_PENDING;
}

// === Receiving ===

void fixture_return(NET_BUFFER_LIST *chain) {
    bool is_at_dispatch = KeGetCurrentIrql() == DISPATCH_LEVEL;
    NdisReturnNetBufferLists(fixture.binding, chain,
                             is_at_dispatch ? NDIS_RETURN_FLAGS_DISPATCH_LEVEL : 0);
}

void fixture_receive(NET_BUFFER_LIST *chain, ULONG flags) {
    if (NDIS_TEST_RECEIVE_CAN_PEND(flags)) {
        fixture_return(chain);
    }
}

// === What the world calls ===
static NDIS_STATUS on_bind(NDIS_HANDLE context, NDIS_HANDLE bind_context,
                           NDIS_BIND_PARAMETERS *parameters) {
    (void)context;
    return (steps.bind != NULL ? steps.bind : fixture_bind)(bind_context, parameters);
}

static NDIS_STATUS on_unbind(NDIS_HANDLE unbind_context, NDIS_HANDLE context) {
    (void)context;
    return (steps.unbind != NULL ? steps.unbind : fixture_unbind)(unbind_context);
}

static void on_open_complete(NDIS_HANDLE context, NDIS_STATUS status) {
    (void)context;
    if (steps.open_complete != NULL) {
        steps.open_complete(status);
        return;
    }
    fixture.open_status = status;
    NdisSetEvent(&fixture.adapter_done);
}

static void on_close_complete(NDIS_HANDLE context) {
    (void)context;
    if (steps.close_complete != NULL) {
        steps.close_complete();
        return;
    }
    NdisSetEvent(&fixture.adapter_done);
}

static NDIS_STATUS on_event(NDIS_HANDLE context, NET_PNP_EVENT_NOTIFICATION *notification) {
    if (notification->NetPnPEvent.NetEvent != NetEventPause && steps.event != NULL) {
        return steps.event(context, notification);
    }
    if (notification->NetPnPEvent.NetEvent == NetEventPause) {
        if (steps.pause != NULL) {
            return steps.pause(notification);
        }
        fixture_stop();
    } else if (notification->NetPnPEvent.NetEvent == NetEventRestart) {
        if (steps.restart != NULL) {
            return steps.restart();
        }
        fixture_start();
    }
    return NDIS_STATUS_SUCCESS;
}

static void on_oid_complete(NDIS_HANDLE context, NDIS_OID_REQUEST *request, NDIS_STATUS status) {
    (void)context;
    if (steps.oid_complete != NULL) {
        steps.oid_complete(request, status);
        return;
    }
    fixture.oid_status = status;
    NdisSetEvent(&fixture.oid_done);
}

static void on_status(NDIS_HANDLE context, NDIS_STATUS_INDICATION *indication) {
    (void)context;
    if (steps.status != NULL) {
        steps.status(indication);
    }
}

static void on_receive(NDIS_HANDLE context, NET_BUFFER_LIST *chain, NDIS_PORT_NUMBER port, ULONG count,
                       ULONG flags) {
    (void)context, (void)port, (void)count;
    (steps.receive != NULL ? steps.receive : fixture_receive)(chain, flags);
}

static void on_send_complete(NDIS_HANDLE context, NET_BUFFER_LIST *chain, ULONG flags) {
    (void)context;
    fixture.completion_flags = flags;
    if (steps.send_complete != NULL) {
        steps.send_complete(chain);
        return;
    }
    for (NET_BUFFER_LIST *nbl = chain, *next; nbl != NULL; nbl = next) {
        next = NET_BUFFER_LIST_NEXT_NBL(nbl);
        fixture_end_send(nbl);
    }
}

static NTSTATUS on_irp(DEVICE_OBJECT *device, IRP *irp) {
    (void)device;
    return fixture_end_irp(irp, STATUS_SUCCESS);
}

static NTSTATUS on_create(DEVICE_OBJECT *device, IRP *irp) {
    return steps.create != NULL ? steps.create(irp) : on_irp(device, irp);
}

static NTSTATUS on_cleanup(DEVICE_OBJECT *device, IRP *irp) {
    return steps.cleanup != NULL ? steps.cleanup(irp) : on_irp(device, irp);
}

static NTSTATUS on_read(DEVICE_OBJECT *device, IRP *irp) {
    return steps.read != NULL ? steps.read(irp) : on_irp(device, irp);
}

static NTSTATUS on_control(DEVICE_OBJECT *device, IRP *irp) {
    return steps.control != NULL ? steps.control(irp) : on_irp(device, irp);
}

static NTSTATUS on_write(DEVICE_OBJECT *device, IRP *irp) {
    (void)device;
    return (steps.write != NULL ? steps.write : fixture_write)(irp);
}

static void on_unload(DRIVER_OBJECT *driver) {
    (void)driver;
    if (steps.unload != NULL) {
        steps.unload();
    }
    if (fixture.protocol != NULL) {
        NdisDeregisterProtocolDriver(fixture.protocol);
    }
    if (fixture.device != NULL) {
        IoDeleteDevice(fixture.device);
    }
}

void fixture_fill_entries(NDIS_PROTOCOL_DRIVER_CHARACTERISTICS *entries) {
    NdisZeroMemory(entries, sizeof(*entries));
    entries->Header.Type = NDIS_OBJECT_TYPE_PROTOCOL_DRIVER_CHARACTERISTICS;
    entries->Header.Revision = NDIS_PROTOCOL_DRIVER_CHARACTERISTICS_REVISION_2;
    entries->Header.Size = NDIS_SIZEOF_PROTOCOL_DRIVER_CHARACTERISTICS_REVISION_2;
    entries->MajorNdisVersion = 6;
    entries->MinorNdisVersion = 30;
    entries->BindAdapterHandlerEx = on_bind;
    entries->UnbindAdapterHandlerEx = on_unbind;
    entries->OpenAdapterCompleteHandlerEx = on_open_complete;
    entries->CloseAdapterCompleteHandlerEx = on_close_complete;
    entries->NetPnPEventHandler = on_event;
    entries->OidRequestCompleteHandler = on_oid_complete;
    entries->DirectOidRequestCompleteHandler = on_oid_complete;
    entries->StatusHandlerEx = on_status;
    entries->ReceiveNetBufferListsHandler = on_receive;
    entries->SendNetBufferListsCompleteHandler = on_send_complete;
}

static void register_protocol(void) {
    NDIS_PROTOCOL_DRIVER_CHARACTERISTICS entries;
    fixture_fill_entries(&entries);
    NdisRegisterProtocolDriver(NULL, &entries, &fixture.protocol);
}

static NTSTATUS on_load(DRIVER_OBJECT *driver, UNICODE_STRING *registry_path) {
    (void)registry_path;
    fixture.driver = driver;
    driver->DriverUnload = on_unload;
    driver->MajorFunction[IRP_MJ_CREATE] = on_create;
    driver->MajorFunction[IRP_MJ_CLEANUP] = on_cleanup;
    driver->MajorFunction[IRP_MJ_READ] = on_read;
    driver->MajorFunction[IRP_MJ_DEVICE_CONTROL] = on_control;
    driver->MajorFunction[IRP_MJ_CLOSE] = on_irp;
    driver->MajorFunction[IRP_MJ_WRITE] = on_write;
    NdisAllocateSpinLock(&fixture.lock);
    NdisInitializeEvent(&fixture.sends_done);
    NdisInitializeEvent(&fixture.adapter_done);
    NdisInitializeEvent(&fixture.oid_done);
    UNICODE_STRING name = RTL_CONSTANT_STRING(L"\\Device\\Fixture");
    IoCreateDevice(driver, 0, &name, FILE_DEVICE_NETWORK, 0, FALSE, &fixture.device);
    fixture.device->Flags |= DO_DIRECT_IO;
    register_protocol();
    return steps.load != NULL ? steps.load() : STATUS_SUCCESS;
}

// === Running cases ===

// The objects of drivers have this under another name.
void pp_driver_block(void);
void __sanitizer_cov_trace_pc(void);
__attribute__((no_sanitize("coverage"))) void __sanitizer_cov_trace_pc(void) { pp_driver_block(); }

static struct pp_verdict verdict;
static uint32_t played_op_count;

static void skip_if_build_cannot_tell(enum check_build build) {
    if ((build == CHECK_WITH_GUARD && !PP_HAS_GUARD) || (build == CHECK_WITHOUT_GUARD && PP_HAS_GUARD)) {
        skip();
    }
}

void fixture_play(const struct fixture_steps *act, const char *ops, const struct pp_run_options *options,
                  struct pp_verdict *ret_verdict) {
    static char text[16384];
    static struct pp_program program;
    snprintf(text, sizeof(text), "poolproof 1\n%s", ops != NULL ? ops : "load()\n");
    struct pp_error error;
    if (!pp_program_parse(text, strlen(text), &program, &error)) {
        fail_msg("%u:%u: %s", error.line, error.column, error.message);
    }
    steps = *act;
    // Its only globals are the fixture's, so these are what each run begins with.
    const struct pp_driver driver = {.name = "fixture",
                                     .entry = on_load,
                                     .bss = {(char *)&fixture, (char *)(&fixture + 1)},
                                     .actions = act->actions};
    pp_crash_catch();  // cmocka puts its own signal handlers there before each test
    pp_run(&driver, &program, options, ret_verdict);
    played_op_count = program.op_count;
}

// A program whose ops find nothing to do shows nothing.
static void check_played_all(void) {
    if (!verdict.is_finding && verdict.op_played_count != played_op_count) {
        fail_msg("only %u of %u ops found something to do", verdict.op_played_count, played_op_count);
    }
}

static uint32_t advice_of(const char *rule) {
    for (uint32_t i = 0; i < pp_rule_count; i++) {
        if (strcmp(pp_rules[i].id, rule) == 0) {
            return pp_check_advice()[i];
        }
    }
    fail_msg("there is no rule %s", rule);
    return 0;
}

static void check_catches(void **state) {
    const struct check_case *it = *state;
    skip_if_build_cannot_tell(it->build);
    fixture_play(&it->catches, it->program, NULL, &verdict);
    check_played_all();
    if (it->title == NULL) {
        if (verdict.is_finding) {
            fail_msg("%s\n%s", verdict.finding.title, verdict.finding.detail);
        }
        assert_int_equal(advice_of(it->rule), it->advice_count);
        assert_int_not_equal(it->advice_count, 0);
        return;
    }
    if (!verdict.is_finding) {
        fail_msg("found nothing (the step was reached %u times)", fixture.reached_count);
    }
    assert_string_equal(verdict.finding.title, it->title);
    assert_string_equal(verdict.finding.rule->id, it->rule);
    if (it->detail != NULL && strstr(verdict.finding.detail, it->detail) == NULL) {
        fail_msg("no '%s' in\n%s", it->detail, verdict.finding.detail);
    }
}

static void check_silent(void **state) {
    const struct check_case *it = *state;
    skip_if_build_cannot_tell(it->build);
    fixture_play(&it->silent, it->silent_program != NULL ? it->silent_program : it->program, NULL,
                 &verdict);
    check_played_all();
    if (verdict.is_finding) {
        fail_msg("%s\n%s", verdict.finding.title, verdict.finding.detail);
    }
    if (fixture.reached_count == 0) {
        fail_msg("nothing was found, but the step never ran either");
    }
    assert_int_equal(advice_of(it->rule), 0);
    assert_true(verdict.rule_check_count > 0);
}

// The world does not trust the rules to stop a driver: with none of them it must get over the same acts.
static void check_survives(void **state) {
    const struct check_case *it = *state;
    const struct pp_run_options options = {.without_rules = true};
    if (__has_feature(memory_sanitizer)) {
        skip();  // what a broken driver reads was never written: that ends the process
    }
    skip_if_build_cannot_tell(it->build);
    fixture_play(&it->catches, it->program, &options, &verdict);
    assert_int_equal(verdict.rule_check_count > 0, verdict.is_finding);
}

int check_run(const char *family, const struct check_case *cases, size_t count) {
    static const struct {
        const char *word;
        CMUnitTestFunction function;
    } halves[] = {{"catches", check_catches}, {"is silent", check_silent}, {"survives", check_survives}};
    const size_t half_count = sizeof(halves) / sizeof(halves[0]);
    struct CMUnitTest *tests = calloc(half_count * count, sizeof(*tests));
    for (size_t i = 0; tests != NULL && i < half_count * count; i++) {
        const struct check_case *it = &cases[i / half_count];
        char name[128];
        snprintf(name, sizeof(name), "case %zu: %s %s", i / half_count, it->rule,
                 halves[i % half_count].word);
        tests[i] = (struct CMUnitTest){.name = strdup(name),
                                       .test_func = halves[i % half_count].function,
                                       .initial_state = (void *)it};
    }
    return tests == NULL ? 1 : _cmocka_run_group_tests(family, tests, half_count * count, NULL, NULL);
}
