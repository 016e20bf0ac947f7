// SPDX-License-Identifier: MIT
// Configuration as NDIS gives it: the parameters below the driver's service key.
#include "base/emit.h"
#include "base/touch.h"
#include "faults/injector.h"
#include "kernel/level.h"
#include "kernel/memory.h"
#include "kernel/registry.h"
#include "kernel/service.h"
#include "kernel/unicode.h"

#include <ndis.h>
#include <string.h>

// What a handle has given to the driver lives until it is closed.
struct parameter {
    struct parameter *next;
    NDIS_CONFIGURATION_PARAMETER value;
};

struct configuration {
    struct pp_key *key;
    struct parameter *parameter;
};

static struct configuration *use(NDIS_STATUS *ret_status, NDIS_HANDLE handle) {
    pp_switch_point();
    bool is_good = pp_level_at_most(PASSIVE_LEVEL) && pp_touch_write(ret_status, sizeof(*ret_status)) &&
                   pp_service_use(handle, PP_SERVICE_CONFIGURATION);
    return is_good ? handle : NULL;
}

static NDIS_STATUS open(struct pp_key *key, NDIS_HANDLE *ret_handle) {
    struct configuration *configuration =
        pp_service_make(PP_SERVICE_CONFIGURATION, PP_POINT_CONFIGURATION_OPEN, sizeof(*configuration));
    if (configuration == NULL) {
        return NDIS_STATUS_RESOURCES;
    }
    configuration->key = key;
    *ret_handle = configuration;
    return NDIS_STATUS_SUCCESS;
}

NDIS_STATUS NdisOpenConfigurationEx(NDIS_CONFIGURATION_OBJECT *ConfigObject,
                                    NDIS_HANDLE *ConfigurationHandle) {
    pp_switch_point();
    if (!pp_level_at_most(PASSIVE_LEVEL) ||
        !pp_touch_read(ConfigObject, NDIS_SIZEOF_CONFIGURATION_OBJECT_REVISION_1) ||
        !pp_touch_write(ConfigurationHandle, sizeof(*ConfigurationHandle)) ||
        ConfigObject->Header.Type != NDIS_OBJECT_TYPE_CONFIGURATION_OBJECT) {
        return NDIS_STATUS_FAILURE;
    }
    UNICODE_STRING path;
    RtlInitUnicodeString(&path, PP_SERVICE_KEY L"\\Parameters");
    struct pp_key *key = pp_registry_find(NULL, &path, /*makes=*/true, NULL);
    return key == NULL ? NDIS_STATUS_FAILURE : open(key, ConfigurationHandle);
}

VOID NdisOpenConfigurationKeyByName(NDIS_STATUS *Status, NDIS_HANDLE ConfigurationHandle,
                                    NDIS_STRING *SubKeyName, NDIS_HANDLE *SubKeyHandle) {
    const struct configuration *configuration = use(Status, ConfigurationHandle);
    if (configuration == NULL || !pp_unicode_touch(SubKeyName) ||
        !pp_touch_write(SubKeyHandle, sizeof(*SubKeyHandle))) {
        return;
    }
    struct pp_key *key = pp_registry_find(configuration->key, SubKeyName, /*makes=*/false, NULL);
    *Status = key == NULL ? NDIS_STATUS_FAILURE : open(key, SubKeyHandle);
}

VOID NdisOpenConfigurationKeyByIndex(NDIS_STATUS *Status, NDIS_HANDLE ConfigurationHandle, ULONG Index,
                                     NDIS_STRING *KeyName, NDIS_HANDLE *KeyHandle) {
    const struct configuration *configuration = use(Status, ConfigurationHandle);
    if (configuration == NULL || !pp_touch_write(KeyName, sizeof(*KeyName)) ||
        !pp_touch_write(KeyHandle, sizeof(*KeyHandle))) {
        return;
    }
    struct pp_key *key = pp_registry_child(configuration->key, Index);
    *Status = key == NULL ? NDIS_STATUS_FAILURE : open(key, KeyHandle);
    if (key != NULL) {
        *KeyName = key->name;
    }
}

VOID NdisCloseConfiguration(NDIS_HANDLE ConfigurationHandle) {
    pp_switch_point();
    if (!pp_level_at_most(PASSIVE_LEVEL) ||
        !pp_service_end(ConfigurationHandle, PP_SERVICE_CONFIGURATION)) {
        return;
    }
    struct configuration *configuration = ConfigurationHandle;
    for (struct parameter *it = configuration->parameter, *next; it != NULL; it = next) {
        next = it->next;
        pp_arena_give(it);
    }
    pp_service_give(configuration);
}

// === Reading ===

// A number as a driver may want it: Windows reads it from text, too.
static ULONG number_of(const struct pp_value *value, NDIS_PARAMETER_TYPE wanted) {
    ULONG number = 0;
    if (value->type == REG_SZ) {
        const UNICODE_STRING text = {(USHORT)value->size, (USHORT)value->size, value->data};
        RtlUnicodeStringToInteger(&text, wanted == NdisParameterHexInteger ? 16 : 10, &number);
    } else {
        memcpy(&number, value->data, min(value->size, sizeof(number)));
    }
    return number;
}

// Data and parameter are one block, which the driver may read until the handle is closed.
static struct parameter *make(const struct pp_value *value, NDIS_PARAMETER_TYPE wanted) {
    struct parameter *parameter = pp_world_take(sizeof(*parameter) + value->size + sizeof(WCHAR));
    if (parameter == NULL) {
        return NULL;
    }
    bool wants_number = wanted == NdisParameterInteger || wanted == NdisParameterHexInteger;
    bool is_text = value->type == REG_SZ || value->type == REG_EXPAND_SZ || value->type == REG_MULTI_SZ;
    NDIS_CONFIGURATION_PARAMETER *to = &parameter->value;
    void *data = memcpy(parameter + 1, value->data, value->size);
    USHORT size = (USHORT)min(value->size, UNICODE_STRING_MAX_BYTES);
    if (value->type == REG_DWORD || (wants_number && value->type == REG_SZ)) {
        to->ParameterType = wants_number ? wanted : NdisParameterInteger;
        to->ParameterData.IntegerData = number_of(value, wanted);
    } else if (is_text) {
        to->ParameterType = value->type == REG_MULTI_SZ ? NdisParameterMultiString : NdisParameterString;
        bool ends_with_nul = size >= sizeof(WCHAR) && ((WCHAR *)data)[size / sizeof(WCHAR) - 1] == 0;
        USHORT nul = value->type != REG_MULTI_SZ && ends_with_nul ? sizeof(WCHAR) : 0;
        to->ParameterData.StringData = (NDIS_STRING){(USHORT)(size - nul), size, data};
    } else {
        to->ParameterType = NdisParameterBinary;
        to->ParameterData.BinaryData = (BINARY_DATA){size, data};
    }
    return parameter;
}

VOID NdisReadConfiguration(NDIS_STATUS *Status, NDIS_CONFIGURATION_PARAMETER **ParameterValue,
                           NDIS_HANDLE ConfigurationHandle, NDIS_STRING *Keyword,
                           NDIS_PARAMETER_TYPE ParameterType) {
    struct configuration *configuration = use(Status, ConfigurationHandle);
    if (configuration == NULL || !pp_touch_write(ParameterValue, sizeof(*ParameterValue)) ||
        !pp_unicode_touch(Keyword)) {
        return;
    }
    UNICODE_STRING version_keyword;
    RtlInitUnicodeString(&version_keyword, L"NdisVersion");
    ULONG version = NdisGetVersion();
    const struct pp_value version_value = {.type = REG_DWORD, .size = sizeof(version), .data = &version};
    const struct pp_value *value = RtlEqualUnicodeString(Keyword, &version_keyword, TRUE)
                                       ? &version_value
                                       : pp_registry_value(configuration->key, Keyword);
    if (value == NULL || pp_fault_fires(PP_POINT_VALUE_READ)) {
        *Status = NDIS_STATUS_FAILURE;
        return;
    }
    struct parameter *parameter = make(value, ParameterType);
    *Status = parameter == NULL ? NDIS_STATUS_RESOURCES : NDIS_STATUS_SUCCESS;
    if (parameter != NULL) {
        parameter->next = configuration->parameter;
        configuration->parameter = parameter;
        *ParameterValue = &parameter->value;
    }
}

// Nobody has given the adapter another address.
VOID NdisReadNetworkAddress(NDIS_STATUS *Status, PVOID *NetworkAddress, UINT *NetworkAddressLength,
                            NDIS_HANDLE ConfigurationHandle) {
    if (use(Status, ConfigurationHandle) != NULL &&
        pp_touch_write(NetworkAddress, sizeof(*NetworkAddress)) &&
        pp_touch_write(NetworkAddressLength, sizeof(*NetworkAddressLength))) {
        *NetworkAddress = NULL;
        *NetworkAddressLength = 0;
        *Status = NDIS_STATUS_FAILURE;
    }
}

// === Writing ===

static bool write(struct pp_key *key, const NDIS_STRING *keyword,
                  const NDIS_CONFIGURATION_PARAMETER *parameter) {
    const NDIS_STRING *text = &parameter->ParameterData.StringData;
    const BINARY_DATA *binary = &parameter->ParameterData.BinaryData;
    switch (parameter->ParameterType) {
    case NdisParameterInteger:
    case NdisParameterHexInteger:
        return pp_registry_set(key, keyword, REG_DWORD, &parameter->ParameterData.IntegerData,
                               sizeof(ULONG));
    case NdisParameterString:
    case NdisParameterMultiString:
        return pp_touch_read(text->Buffer, text->Length) &&
               pp_registry_set(key, keyword,
                               parameter->ParameterType == NdisParameterString ? REG_SZ : REG_MULTI_SZ,
                               text->Buffer, text->Length);
    case NdisParameterBinary:
        return pp_touch_read(binary->Buffer, binary->Length) &&
               pp_registry_set(key, keyword, REG_BINARY, binary->Buffer, binary->Length);
    }
    return false;
}

VOID NdisWriteConfiguration(NDIS_STATUS *Status, NDIS_HANDLE ConfigurationHandle, NDIS_STRING *Keyword,
                            NDIS_CONFIGURATION_PARAMETER *ParameterValue) {
    struct configuration *configuration = use(Status, ConfigurationHandle);
    if (configuration == NULL || !pp_touch_read(ParameterValue, sizeof(*ParameterValue)) ||
        !pp_unicode_touch(Keyword)) {
        return;
    }
    bool is_written =
        !pp_fault_fires(PP_POINT_VALUE_WRITE) && write(configuration->key, Keyword, ParameterValue);
    *Status = is_written ? NDIS_STATUS_SUCCESS : NDIS_STATUS_RESOURCES;
}
