// SPDX-License-Identifier: MIT
// Rules about OID requests.
#include "fixture.h"

#define BOUND "a0 = adapter()\nb0 = bind(a0)\n"
#define BIND_ONLY BOUND "unbind(b0)\n"
#define BIND_PENDS "a0 = adapter()\nb0 = bind(a0)  (outcome: oid = pending)\n"
#define BIND_ENDS BIND_PENDS "finish_oid(b0)\nunbind(b0)\n"
#define BIND_INSIDE "a0 = adapter()\nb0 = bind(a0)  (outcome: oid.inside = success)\nunbind(b0)\n"
#define BIND_FAILS "a0 = adapter()\nb0 = bind(a0)  (outcome: oid = failure)\n"

static ULONG filter = NDIS_PACKET_TYPE_DIRECTED;
static ULONG nothing;

static NDIS_STATUS set_filter(void) {
    return fixture_set(OID_GEN_CURRENT_PACKET_FILTER, &filter, sizeof(filter));
}

static NDIS_STATUS clear_filter(void) {
    return fixture_set(OID_GEN_CURRENT_PACKET_FILTER, &nothing, sizeof(nothing));
}

// What a query of the link speed is made of; in memory of the driver's that the test can spoil.
struct query {
    NDIS_OID_REQUEST oid;
    ULONG64 speed;
};

static void fill_query(struct query *query) {
    fixture_fill_oid(&query->oid, /*is_set=*/false, OID_GEN_LINK_SPEED_EX, &query->speed,
                     sizeof(query->speed));
}

static struct query *make_query(void) {
    struct query *query = fixture_take_memory(sizeof(*query));
    fill_query(query);
    return query;
}

static void free_query(void *query) { NdisFreeMemory(query, 0, 0); }

static NDIS_STATUS wait_for_oid(NDIS_STATUS status) {
    if (status == NDIS_STATUS_PENDING) {
        NdisWaitEvent(&fixture.oid_done, 0);
        status = fixture.oid_status;
    }
    return status;
}

// A bind with one query, in order.
static NDIS_STATUS bind_and_query(NDIS_HANDLE bind_context, NDIS_BIND_PARAMETERS *parameters) {
    NDIS_STATUS status = fixture_bind(bind_context, parameters);
    struct query *query = make_query();
    if (fixture_oid(&query->oid) == NDIS_STATUS_SUCCESS && query->speed == 1000000000) {
        fixture_reached();
    }
    free_query(query);
    return status;
}

// === OID-STATE ===

static NDIS_STATUS query_before_open(NDIS_HANDLE bind_context, NDIS_BIND_PARAMETERS *parameters) {
    struct query query;
    fill_query(&query);
    NdisOidRequest((NDIS_HANDLE)0x5d0200000000, &query.oid);  // the handle that the open will give
    return fixture_bind(bind_context, parameters);
}

static NDIS_STATUS query_null(NDIS_HANDLE bind_context, NDIS_BIND_PARAMETERS *parameters) {
    struct query query;
    fill_query(&query);
    NdisOidRequest(NULL, &query.oid);
    return fixture_bind(bind_context, parameters);
}

static NDIS_STATUS query_after_close(NDIS_HANDLE unbind_context) {
    struct query query;
    fill_query(&query);
    NDIS_STATUS status = fixture_unbind(unbind_context);
    NdisDirectOidRequest(fixture.binding, &query.oid);
    return status;
}

static NDIS_STATUS cancel_after_close(NDIS_HANDLE unbind_context) {
    NDIS_STATUS status = fixture_unbind(unbind_context);
    NdisCancelOidRequest(fixture.binding, &fixture);
    return status;
}

// In Closing, a driver may still clear what it has set.
static NDIS_STATUS query_and_unbind(NDIS_HANDLE unbind_context) {
    struct query query;
    fill_query(&query);
    if (fixture_oid(&query.oid) == NDIS_STATUS_SUCCESS) {
        fixture_reached();
    }
    NdisCancelOidRequest(fixture.binding, &query.oid);
    return fixture_unbind(unbind_context);
}

// === OID-HEADER ===

static NDIS_STATUS (*spoil)(NDIS_OID_REQUEST *oid);

static NDIS_STATUS spoil_type(NDIS_OID_REQUEST *oid) {
    oid->Header.Type = NDIS_OBJECT_TYPE_DEFAULT;
    return NdisOidRequest(fixture.binding, oid);
}

static NDIS_STATUS spoil_revision(NDIS_OID_REQUEST *oid) {
    oid->Header.Revision = 9;
    return NdisOidRequest(fixture.binding, oid);
}

static NDIS_STATUS spoil_size(NDIS_OID_REQUEST *oid) {
    oid->Header.Size = 8;
    return NdisOidRequest(fixture.binding, oid);
}

static NDIS_STATUS spoil_request_type(NDIS_OID_REQUEST *oid) {
    oid->RequestType = NdisRequestGeneric1;
    return NdisOidRequest(fixture.binding, oid);
}

static NDIS_STATUS spoil_buffer(NDIS_OID_REQUEST *oid) {
    oid->DATA.QUERY_INFORMATION.InformationBuffer = NULL;
    return NdisOidRequest(fixture.binding, oid);
}

// A query for the size has neither a length nor a buffer.
static NDIS_STATUS ask_for_size(NDIS_OID_REQUEST *oid) {
    oid->DATA.QUERY_INFORMATION.InformationBuffer = NULL;
    oid->DATA.QUERY_INFORMATION.InformationBufferLength = 0;
    NDIS_STATUS status = NdisOidRequest(fixture.binding, oid);
    if (status == NDIS_STATUS_BUFFER_TOO_SHORT &&
        oid->DATA.QUERY_INFORMATION.BytesNeeded == sizeof(ULONG64)) {
        fixture_reached();
    }
    return status;
}

static NDIS_STATUS bind_with(NDIS_HANDLE bind_context, NDIS_BIND_PARAMETERS *parameters) {
    NDIS_STATUS status = fixture_bind(bind_context, parameters);
    struct query query;
    fill_query(&query);
    spoil(&query.oid);
    return status;
}

#define BIND_WITH(how)                                                                          \
    static NDIS_STATUS bind_##how(NDIS_HANDLE bind_context, NDIS_BIND_PARAMETERS *parameters) { \
        spoil = how;                                                                            \
        return bind_with(bind_context, parameters);                                             \
    }
BIND_WITH(spoil_type)
BIND_WITH(spoil_revision)
BIND_WITH(spoil_size)
BIND_WITH(spoil_request_type)
BIND_WITH(spoil_buffer)
BIND_WITH(ask_for_size)

// === OID-NONPAGED ===

static NDIS_STATUS query_from_paged(NDIS_HANDLE bind_context, NDIS_BIND_PARAMETERS *parameters) {
    NDIS_STATUS status = fixture_bind(bind_context, parameters);
    struct query *query = ExAllocatePool2(POOL_FLAG_PAGED, sizeof(*query), 'tseT');
    fill_query(query);
    fixture_oid(&query->oid);
    ExFreePool(query);
    return status;
}

static NDIS_STATUS query_into_paged(NDIS_HANDLE bind_context, NDIS_BIND_PARAMETERS *parameters) {
    NDIS_STATUS status = fixture_bind(bind_context, parameters);
    struct query *query = make_query();
    void *paged = ExAllocatePool2(POOL_FLAG_PAGED, sizeof(ULONG64), 'tseT');
    query->oid.DATA.QUERY_INFORMATION.InformationBuffer = paged;
    fixture_oid(&query->oid);
    ExFreePool(paged);
    free_query(query);
    return status;
}

// === OID-LIFE ===

static NDIS_STATUS free_while_pending(NDIS_HANDLE bind_context, NDIS_BIND_PARAMETERS *parameters) {
    NDIS_STATUS status = fixture_bind(bind_context, parameters);
    struct query *query = make_query();
    NdisOidRequest(fixture.binding, &query->oid);
    free_query(query);
    return status;
}

// The time is up, and the function returns, with its stack.
static NDIS_STATUS give_up(NDIS_HANDLE bind_context, NDIS_BIND_PARAMETERS *parameters) {
    NDIS_STATUS status = fixture_bind(bind_context, parameters);
    struct query query;
    fill_query(&query);
    if (NdisOidRequest(fixture.binding, &query.oid) == NDIS_STATUS_PENDING) {
        NdisWaitEvent(&fixture.oid_done, 5);
    }
    return status;
}

static NDIS_STATUS cancel_and_wait(NDIS_HANDLE bind_context, NDIS_BIND_PARAMETERS *parameters) {
    NDIS_STATUS status = fixture_bind(bind_context, parameters);
    struct query query;
    fill_query(&query);
    if (NdisOidRequest(fixture.binding, &query.oid) == NDIS_STATUS_PENDING &&
        !NdisWaitEvent(&fixture.oid_done, 5)) {
        NdisCancelOidRequest(fixture.binding, &query);
        NdisWaitEvent(&fixture.oid_done, 0);
        if (fixture.oid_status == NDIS_STATUS_REQUEST_ABORTED) {
            fixture_reached();
        }
    }
    return status;
}

#define BIND_AND_CANCEL                                                                                 \
    "a0 = adapter()\nb0 = bind(a0)  (outcome: oid = pending) (outcome: oid.cancel = request_aborted)\n" \
    "advance(ms: 10)\nunbind(b0)\n"

static NDIS_STATUS look_while_pending(NDIS_HANDLE bind_context, NDIS_BIND_PARAMETERS *parameters) {
    NDIS_STATUS status = fixture_bind(bind_context, parameters);
    struct query *query = make_query();
    NDIS_STATUS answer = NdisOidRequest(fixture.binding, &query->oid);
    fixture.kept[1] = (void *)(uintptr_t)query->speed;
    wait_for_oid(answer);
    free_query(query);
    return status;
}

static NDIS_STATUS write_while_pending(NDIS_HANDLE bind_context, NDIS_BIND_PARAMETERS *parameters) {
    NDIS_STATUS status = fixture_bind(bind_context, parameters);
    struct query *query = make_query();
    NDIS_STATUS answer = NdisOidRequest(fixture.binding, &query->oid);
    query->oid.Timeout = 1;
    wait_for_oid(answer);
    free_query(query);
    return status;
}

// === OID-SYNC ===

static NDIS_STATUS wait_always(NDIS_HANDLE bind_context, NDIS_BIND_PARAMETERS *parameters) {
    NDIS_STATUS status = fixture_bind(bind_context, parameters);
    struct query query;
    fill_query(&query);
    NdisOidRequest(fixture.binding, &query.oid);
    NdisWaitEvent(&fixture.oid_done, 0);
    return status;
}

// What the completion has said is lost if it came before the call returned.
static NDIS_STATUS prepare_too_late(NDIS_HANDLE bind_context, NDIS_BIND_PARAMETERS *parameters) {
    NDIS_STATUS status = fixture_bind(bind_context, parameters);
    struct query query;
    fill_query(&query);
    if (NdisOidRequest(fixture.binding, &query.oid) == NDIS_STATUS_PENDING) {
        NdisInitializeEvent(&fixture.oid_done);
        NdisWaitEvent(&fixture.oid_done, 0);
    }
    return status;
}

// === OID-REUSE ===

static NDIS_STATUS ask_twice(NDIS_HANDLE bind_context, NDIS_BIND_PARAMETERS *parameters) {
    NDIS_STATUS status = fixture_bind(bind_context, parameters);
    struct query *query = make_query();
    NDIS_STATUS answer = NdisOidRequest(fixture.binding, &query->oid);
    NdisOidRequest(fixture.binding, &query->oid);
    wait_for_oid(answer);
    free_query(query);
    return status;
}

static NDIS_STATUS share_buffer(NDIS_HANDLE bind_context, NDIS_BIND_PARAMETERS *parameters) {
    NDIS_STATUS status = fixture_bind(bind_context, parameters);
    struct query *first = make_query();
    struct query *second = make_query();
    second->oid.DATA.QUERY_INFORMATION.InformationBuffer =
        first->oid.DATA.QUERY_INFORMATION.InformationBuffer;
    NDIS_STATUS answer = NdisOidRequest(fixture.binding, &first->oid);
    NdisOidRequest(fixture.binding, &second->oid);
    wait_for_oid(answer);
    free_query(first);
    free_query(second);
    return status;
}

// One that has completed is the driver's again.
static NDIS_STATUS ask_again(NDIS_HANDLE bind_context, NDIS_BIND_PARAMETERS *parameters) {
    NDIS_STATUS status = fixture_bind(bind_context, parameters);
    struct query *query = make_query();
    fixture_oid(&query->oid);
    if (fixture_oid(&query->oid) == NDIS_STATUS_SUCCESS) {
        fixture_reached();
    }
    free_query(query);
    return status;
}

// === OID-ERROR ===

static NDIS_STATUS pretend(NDIS_HANDLE bind_context, NDIS_BIND_PARAMETERS *parameters) {
    NDIS_STATUS status = fixture_bind(bind_context, parameters);
    if (status == NDIS_STATUS_SUCCESS && set_filter() != NDIS_STATUS_SUCCESS) {
        fixture_close();
        fixture_free_pools();
    }
    return status;
}

static NDIS_STATUS fail_cleanly(NDIS_HANDLE bind_context, NDIS_BIND_PARAMETERS *parameters) {
    NDIS_STATUS status = fixture_bind(bind_context, parameters);
    if (status == NDIS_STATUS_SUCCESS && (status = set_filter()) != NDIS_STATUS_SUCCESS) {
        fixture_close();
        fixture_free_pools();
        fixture_reached();
    }
    return status;
}

static NDIS_STATUS unbind_nothing(NDIS_HANDLE unbind_context) {
    (void)unbind_context;
    return NDIS_STATUS_SUCCESS;
}

// === CLOSE-OIDS-OUT, CLOSE-FILTERS ===

static NDIS_STATUS bind_and_ask(NDIS_HANDLE bind_context, NDIS_BIND_PARAMETERS *parameters) {
    NDIS_STATUS status = fixture_bind(bind_context, parameters);
    struct query *query = make_query();
    fixture.kept[0] = query;
    NdisOidRequest(fixture.binding, &query->oid);
    return status;
}

static NDIS_STATUS wait_and_unbind(NDIS_HANDLE unbind_context) {
    NdisWaitEvent(&fixture.oid_done, 0);
    free_query(fixture.kept[0]);
    fixture_reached();
    return fixture_unbind(unbind_context);
}

static NDIS_STATUS bind_and_filter(NDIS_HANDLE bind_context, NDIS_BIND_PARAMETERS *parameters) {
    NDIS_STATUS status = fixture_bind(bind_context, parameters);
    set_filter();
    return status;
}

#define CLOSED_IN_A_RESET BOUND "reset(b0, part: start)\nunbind(b0)\n"

static NDIS_STATUS bind_and_filter_reached(NDIS_HANDLE bind_context, NDIS_BIND_PARAMETERS *parameters) {
    fixture_reached();
    return bind_and_filter(bind_context, parameters);
}

static NDIS_STATUS clear_and_unbind(NDIS_HANDLE unbind_context) {
    clear_filter();
    fixture_reached();
    return fixture_unbind(unbind_context);
}

static UCHAR group[] = {0x01, 0x00, 0x5E, 0x00, 0x00, 0x01};

static NDIS_STATUS bind_and_join(NDIS_HANDLE bind_context, NDIS_BIND_PARAMETERS *parameters) {
    NDIS_STATUS status = fixture_bind(bind_context, parameters);
    fixture_set(OID_802_3_MULTICAST_LIST, group, sizeof(group));
    return status;
}

static NDIS_STATUS leave_and_unbind(NDIS_HANDLE unbind_context) {
    fixture_set(OID_802_3_MULTICAST_LIST, NULL, 0);
    fixture_reached();
    return fixture_unbind(unbind_context);
}

static const struct check_case cases[] = {
    {.rule = "OID-STATE",
     .title = "poolproof: OID-STATE: OID request before the adapter is open in BindAdapter",
     .catches.bind = query_before_open,
     .silent.bind = bind_and_query,
     .program = BOUND},
    {.rule = "OID-STATE",
     .title = "poolproof: OID-STATE: OID request on something that is no binding in BindAdapter",
     .catches.bind = query_null,
     .silent.bind = bind_and_query,
     .program = BOUND},
    {.rule = "OID-STATE",
     .title = "poolproof: OID-STATE: OID request on a closed binding in UnbindAdapter",
     .catches.unbind = query_after_close,
     .silent.unbind = query_and_unbind,
     .program = BIND_ONLY},
    {.rule = "OID-STATE",
     .title = "poolproof: OID-STATE: OID request on a closed binding in UnbindAdapter",
     .catches.unbind = cancel_after_close,
     .silent.unbind = query_and_unbind,
     .program = BIND_ONLY},
    {.rule = "OID-HEADER",
     .title = "poolproof: OID-HEADER: OID request with another Header.Type in BindAdapter",
     .catches.bind = bind_spoil_type,
     .silent.bind = bind_and_query,
     .program = BOUND},
    {.rule = "OID-HEADER",
     .title = "poolproof: OID-HEADER: OID request with an unknown Header.Revision in BindAdapter",
     .catches.bind = bind_spoil_revision,
     .silent.bind = bind_and_query,
     .program = BOUND},
    {.rule = "OID-HEADER",
     .title =
         "poolproof: OID-HEADER: OID request with a Header.Size below its revision's in BindAdapter",
     .catches.bind = bind_spoil_size,
     .silent.bind = bind_and_query,
     .program = BOUND},
    {.rule = "OID-HEADER",
     .title = "poolproof: OID-HEADER: OID request with an unknown RequestType in BindAdapter",
     .catches.bind = bind_spoil_request_type,
     .silent.bind = bind_and_query,
     .program = BOUND},
    {.rule = "OID-HEADER",
     .title = "poolproof: OID-HEADER: OID request with a length and no buffer in BindAdapter",
     .catches.bind = bind_spoil_buffer,
     .silent.bind = bind_ask_for_size,
     .program = BOUND},
    {.rule = "OID-NONPAGED",
     .title = "poolproof: OID-NONPAGED: OID request in paged memory in BindAdapter",
     .catches.bind = query_from_paged,
     .silent.bind = bind_and_query,
     .program = BOUND},
    {.rule = "OID-NONPAGED",
     .title = "poolproof: OID-NONPAGED: OID request with its buffer in paged memory in BindAdapter",
     .catches.bind = query_into_paged,
     .silent.bind = bind_and_query,
     .program = BOUND},
    {.rule = "OID-LIFE",
     .title = "poolproof: OID-LIFE: memory of an OID request freed while it pends, made in BindAdapter",
     .catches.bind = free_while_pending,
     .silent.bind = bind_and_query,
     .program = BIND_PENDS,
     .silent_program = BIND_ENDS},
    {.rule = "OID-LIFE",
     .title =
         "poolproof: OID-LIFE: OID request on a stack that is left while it pends, made in BindAdapter",
     .catches.bind = give_up,
     .silent.bind = cancel_and_wait,
     .program = BIND_PENDS "advance(ms: 10)\n",
     .silent_program = BIND_AND_CANCEL},
    {.rule = "OID-LIFE",
     .title = "poolproof: OID-LIFE: buffer of an OID request read while it pends, made in BindAdapter",
     .catches.bind = look_while_pending,
     .silent.bind = bind_and_query,
     .program = BIND_PENDS,
     .silent_program = BIND_ENDS,
     .build = CHECK_WITH_GUARD},
    {.rule = "OID-LIFE",
     .title = "poolproof: OID-LIFE: OID request written while it pends, made in BindAdapter",
     .catches.bind = write_while_pending,
     .silent.bind = bind_and_query,
     .program = BIND_PENDS,
     .silent_program = BIND_ENDS,
     .build = CHECK_WITH_GUARD},
    {.rule = "OID-LIFE",
     .title =
         "poolproof: OID-LIFE: OID request given up or changed while it pended, made in BindAdapter",
     .catches.bind = write_while_pending,
     .silent.bind = bind_and_query,
     .program = BIND_PENDS,
     .silent_program = BIND_ENDS,
     .build = CHECK_WITHOUT_GUARD},
    {.rule = "OID-SYNC",
     .title = "poolproof: OID-SYNC: wait for an OID request that was answered at once in BindAdapter",
     .catches.bind = wait_always,
     .silent.bind = bind_and_query,
     .program = BOUND},
    {.rule = "OID-SYNC",
     .title = "poolproof: OID-SYNC: wait for an OID request that has completed in BindAdapter",
     .catches.bind = prepare_too_late,
     .silent.bind = bind_and_query,
     .program = BIND_INSIDE},
    {.rule = "OID-REUSE",
     .title = "poolproof: OID-REUSE: OID request made again that pends, made first in BindAdapter",
     .catches.bind = ask_twice,
     .silent.bind = ask_again,
     .program = BIND_PENDS,
     .silent_program = BIND_PENDS "finish_oid(b0)\nfinish_oid(b0)\n"},
    {.rule = "OID-REUSE",
     .title = "poolproof: OID-REUSE: OID request with the buffer of one that pends, which was made in "
              "BindAdapter",
     .catches.bind = share_buffer,
     .silent.bind = ask_again,
     .program = BIND_PENDS,
     .silent_program = BOUND},
    {.rule = "OID-ERROR",
     .advice_count = 1,
     .catches = {.bind = pretend, .unbind = unbind_nothing},
     .silent.bind = fail_cleanly,
     .program = BIND_FAILS},
    {.rule = "CLOSE-OIDS-OUT",
     .title = "poolproof: CLOSE-OIDS-OUT: binding closed with an OID request out, made in BindAdapter",
     .catches.bind = bind_and_ask,
     .silent = {.bind = bind_and_ask, .unbind = wait_and_unbind},
     .program = BIND_PENDS "unbind(b0)\n",
     .silent_program = BIND_ENDS},
    {.rule = "CLOSE-FILTERS",
     .advice_count = 1,
     .catches.bind = bind_and_filter,
     .silent = {.bind = bind_and_filter, .unbind = clear_and_unbind},
     .program = BIND_ONLY},
    {.rule = "CLOSE-FILTERS",
     .advice_count = 1,
     .catches.bind = bind_and_filter,
     .silent.bind = bind_and_filter_reached,
     .program = BIND_ONLY,
     .silent_program = CLOSED_IN_A_RESET},
    {.rule = "CLOSE-FILTERS",
     .advice_count = 1,
     .catches.bind = bind_and_join,
     .silent = {.bind = bind_and_join, .unbind = leave_and_unbind},
     .program = BIND_ONLY},
};

int main(void) { return CHECK_RUN("oids", cases); }
