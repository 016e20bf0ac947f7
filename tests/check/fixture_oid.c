// SPDX-License-Identifier: MIT
// The OID requests of the tests' driver.
#include "fixture.h"

void fixture_fill_oid(NDIS_OID_REQUEST *request, bool is_set, NDIS_OID oid, void *buffer,
                      uint32_t bytes) {
    NdisZeroMemory(request, sizeof(*request));
    request->Header.Type = NDIS_OBJECT_TYPE_OID_REQUEST;
    request->Header.Revision = NDIS_OID_REQUEST_REVISION_1;
    request->Header.Size = NDIS_SIZEOF_OID_REQUEST_REVISION_1;
    request->RequestType = is_set ? NdisRequestSetInformation : NdisRequestQueryInformation;
    request->RequestId = request;
    request->DATA.QUERY_INFORMATION.Oid = oid;
    request->DATA.QUERY_INFORMATION.InformationBuffer = buffer;
    request->DATA.QUERY_INFORMATION.InformationBufferLength = bytes;
}

NDIS_STATUS fixture_oid(NDIS_OID_REQUEST *request) {
    NdisResetEvent(&fixture.oid_done);
    NDIS_STATUS status = NdisOidRequest(fixture.binding, request);
    if (status == NDIS_STATUS_PENDING) {
        NdisWaitEvent(&fixture.oid_done, 0);
        status = fixture.oid_status;
    }
    return status;
}

NDIS_STATUS fixture_set(NDIS_OID oid, void *buffer, uint32_t bytes) {
    NDIS_OID_REQUEST request;
    fixture_fill_oid(&request, /*is_set=*/true, oid, buffer, bytes);
    return fixture_oid(&request);
}
