# SPDX-License-Identifier: Apache-2.0
# Fails if the archive of the safety core needs a symbol that a bare microcontroller would not have.
execute_process(COMMAND ${NM} -A --defined-only ${ARCHIVE} OUTPUT_VARIABLE defined COMMAND_ERROR_IS_FATAL ANY)
execute_process(COMMAND ${NM} -A --undefined-only ${ARCHIVE} OUTPUT_VARIABLE undefined COMMAND_ERROR_IS_FATAL ANY)
string(REGEX MATCHALL "[^\n]+" undefined "${undefined}")
set(foreign "")
foreach(line IN LISTS undefined)
  string(REGEX REPLACE ".* " "" symbol "${line}")
  # The compiler's own: block moves, and the stack protector's failure.
  if(symbol MATCHES "^(memcpy|memset|memmove|memcmp|__stack_chk_fail|_GLOBAL_OFFSET_TABLE_)$")
    continue()
  endif()
  if(NOT defined MATCHES " ${symbol}\n")
    list(APPEND foreign ${symbol})
  endif()
endforeach()
if(foreign)
  message(FATAL_ERROR "the safety core needs what is not its own: ${foreign}")
endif()
