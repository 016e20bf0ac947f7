# SPDX-License-Identifier: MIT
# The plans of faults/plans as a C file, PP_PLANS_SOURCE: a binary has them wherever it is taken to.
file(GLOB plans CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/faults/plans/*.plan)
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${plans})
set(rows "")
foreach(plan IN LISTS plans)
  get_filename_component(name ${plan} NAME_WE)
  file(READ ${plan} text)
  string(REPLACE "\\" "\\\\" text "${text}")
  string(REPLACE "\"" "\\\"" text "${text}")
  string(REPLACE "\n" "\\n\"\n     \"" text "${text}")
  string(APPEND rows "    {\"${name}\",\n     \"${text}\"},\n")
endforeach()
set(PP_PLANS_SOURCE ${PROJECT_BINARY_DIR}/generated/plans.c)
file(CONFIGURE OUTPUT ${PP_PLANS_SOURCE} @ONLY CONTENT
"#include <poolproof/plan.h>\n\nconst struct pp_plan_info pp_plan_infos[] = {\n@rows@    {0},\n};\n")
