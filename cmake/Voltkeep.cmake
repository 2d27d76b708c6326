# SPDX-License-Identifier: Apache-2.0
# The house rules of the build: who may include whom (architecture: base <- kernel, wire, charging <- services, peers, cli).
# Every layer's headers are reached through a staged include folder that holds only that layer, so an include across a
# forbidden border is a file that does not exist.

# voltkeep_stage(<target> <folder below src> [<files>...]): makes <folder> (or only these of its files) includable by who links <target>.
function(voltkeep_stage target folder)
  set(stage ${PROJECT_BINARY_DIR}/include/${target})
  get_filename_component(parent ${folder} DIRECTORY)
  if(ARGN)
    file(MAKE_DIRECTORY ${stage}/${folder})
    foreach(file ${ARGN})
      file(CREATE_LINK ${PROJECT_SOURCE_DIR}/src/${folder}/${file} ${stage}/${folder}/${file} SYMBOLIC)
    endforeach()
  else()
    file(MAKE_DIRECTORY ${stage}/${parent})
    file(CREATE_LINK ${PROJECT_SOURCE_DIR}/src/${folder} ${stage}/${folder} SYMBOLIC)
  endif()
  get_target_property(type ${target} TYPE)
  if(type STREQUAL "INTERFACE_LIBRARY")
    target_include_directories(${target} INTERFACE ${stage})
  else()
    target_include_directories(${target} PUBLIC ${stage})
  endif()
endfunction()

# Test programs are run once for each time they are compiled: not optimized in the release build. What they test is.
set(VOLTKEEP_TEST_OPTIONS $<$<CONFIG:Release>:-O0> $<$<CONFIG:Release>:-U_FORTIFY_SOURCE>)

# What nearly every file includes is compiled once: the standard library and its reflection, and for tests GoogleTest too. In the
# release build alone, so that a file which leans on it without saying so does not compile in the sanitizer build.
set(voltkeep_common_headers <algorithm> <array> <charconv> <chrono> <cstdint> <cstring> <deque> <expected> <format> <functional> <map>
    <memory> <optional> <span> <string> <string_view> <variant> <vector> <boost/pfr.hpp>)
if(VOLTKEEP_PRECOMPILE)
  file(CONFIGURE OUTPUT ${PROJECT_BINARY_DIR}/precompiled.cpp CONTENT "")
  add_compile_options(-fpch-preprocess)   # for ccache
endif()

# voltkeep_precompile(<suffix> <header>... [INCLUDES <folder>...]): these after the common ones, once for products and once for tests.
function(voltkeep_precompile suffix)
  cmake_parse_arguments(A "" "" "INCLUDES" ${ARGN})
  if(VOLTKEEP_PRECOMPILE)
    add_library(precompiled${suffix} OBJECT ${PROJECT_BINARY_DIR}/precompiled.cpp)
    target_precompile_headers(precompiled${suffix} PRIVATE ${voltkeep_common_headers} ${A_UNPARSED_ARGUMENTS})
    add_library(precompiled_test${suffix} OBJECT ${PROJECT_BINARY_DIR}/precompiled.cpp)
    target_precompile_headers(precompiled_test${suffix} PRIVATE ${voltkeep_common_headers} <fstream> <filesystem> <gtest/gtest.h> ${A_UNPARSED_ARGUMENTS})
    target_link_libraries(precompiled_test${suffix} PRIVATE GTest::gtest)
    target_compile_options(precompiled_test${suffix} PRIVATE ${VOLTKEEP_TEST_OPTIONS})
    foreach(target precompiled${suffix} precompiled_test${suffix})
      target_include_directories(${target} PRIVATE ${A_INCLUDES})
    endforeach()
  endif()
endfunction()
voltkeep_precompile("")

# voltkeep_precompiled(<target> precompiled|precompiled_test [<what it depends on>...]): with the headers of its own or of
# what it depends on, if there are any (their suffix is the property VOLTKEEP_PRECOMPILED).
function(voltkeep_precompiled target of)
  foreach(dependency ${target} ${ARGN})
    if(TARGET ${dependency})
      get_target_property(suffix ${dependency} VOLTKEEP_PRECOMPILED)
      if(suffix)
        set_target_properties(${target} PROPERTIES VOLTKEEP_PRECOMPILED ${suffix})
        string(APPEND of ${suffix})
        break()
      endif()
    endif()
  endforeach()
  if(VOLTKEEP_PRECOMPILE)
    target_precompile_headers(${target} REUSE_FROM ${of})
  endif()
endfunction()

# voltkeep_library(<name> SOURCES ... [FOLDER <folder below src>] [DEPENDS ...] [PRECOMPILED <suffix>]): a static library, its folder
# staged.
function(voltkeep_library name)
  cmake_parse_arguments(A "" "FOLDER;PRECOMPILED" "SOURCES;DEPENDS" ${ARGN})
  add_library(${name} STATIC ${A_SOURCES})
  set_target_properties(${name} PROPERTIES VOLTKEEP_PRECOMPILED "${A_PRECOMPILED}")
  voltkeep_precompiled(${name} precompiled ${A_DEPENDS})
  target_link_libraries(${name} PUBLIC ${A_DEPENDS})
  if(A_FOLDER)
    voltkeep_stage(${name} ${A_FOLDER})
  endif()
endfunction()

# voltkeep_test_properties(<test> [LABELS ...] [TIMEOUT s]). Labels that mean something: long (run by --long alone), system
# (whole processes and timing: runs with no other test beside it).
function(voltkeep_test_properties name)
  cmake_parse_arguments(A "" "TIMEOUT" "LABELS" ${ARGN})
  if(NOT A_TIMEOUT)
    set(A_TIMEOUT 60)
  endif()
  set_tests_properties(${name} PROPERTIES TIMEOUT ${A_TIMEOUT} LABELS "${A_LABELS}")
  if("system" IN_LIST A_LABELS)
    set_tests_properties(${name} PROPERTIES RUN_SERIAL ON)
  endif()
endfunction()

# voltkeep_script_test(<name> COMMAND ... [LABELS ...] [TIMEOUT s]): a program that stands for a test, run in the project's
# folder; status 77 means that it could not be run here. VOLTKEEP_BUILD tells it where the built programs are.
function(voltkeep_script_test name)
  cmake_parse_arguments(A "" "TIMEOUT" "COMMAND;LABELS" ${ARGN})
  add_test(NAME ${name} COMMAND ${A_COMMAND} WORKING_DIRECTORY ${PROJECT_SOURCE_DIR})
  voltkeep_test_properties(${name} TIMEOUT "${A_TIMEOUT}" LABELS ${A_LABELS})
  set_tests_properties(${name} PROPERTIES SKIP_RETURN_CODE 77 ENVIRONMENT "VOLTKEEP_BUILD=${PROJECT_BINARY_DIR}")
endfunction()

# voltkeep_test(<name> SOURCES ... [DEPENDS ...] [LABELS ...] [TIMEOUT s] [OPTIMIZED]): a GoogleTest program, one ctest entry.
# OPTIMIZED: its own code computes for long (a search, a thousand visits).
function(voltkeep_test name)
  cmake_parse_arguments(A "OPTIMIZED" "TIMEOUT" "SOURCES;DEPENDS;LABELS" ${ARGN})
  add_executable(${name} ${A_SOURCES})
  if(NOT A_OPTIMIZED)
    voltkeep_precompiled(${name} precompiled_test ${A_DEPENDS})
    target_compile_options(${name} PRIVATE ${VOLTKEEP_TEST_OPTIONS})
  endif()
  target_link_libraries(${name} PRIVATE ${A_DEPENDS} GTest::gtest GTest::gtest_main)
  set_target_properties(${name} PROPERTIES VOLTKEEP_TEST ON)
  add_test(NAME ${name} COMMAND ${name} WORKING_DIRECTORY ${PROJECT_SOURCE_DIR})
  voltkeep_test_properties(${name} TIMEOUT "${A_TIMEOUT}" LABELS ${A_LABELS})
endfunction()

# voltkeep_fuzzer(<name> SOURCES ... [DEPENDS ...] [SUBJECTS <subject>...] [SEEDS <folder>] [OPTIONS <libFuzzer option>...]): a
# libFuzzer program and the test that runs it for VOLTKEEP_FUZZ_SECONDS; with SUBJECTS one test for each, which the program finds
# in the environment as FUZZED, and the seeds in a folder of that name. Seeds are the folder corpus beside it if nothing is said;
# what it finds grows in the build folder, and so does the input of a crash.
function(voltkeep_fuzzer name)
  cmake_parse_arguments(A "" "SEEDS" "SOURCES;DEPENDS;SUBJECTS;OPTIONS" ${ARGN})
  add_executable(fuzz_${name} ${A_SOURCES})
  target_link_libraries(fuzz_${name} PRIVATE ${A_DEPENDS})
  target_link_options(fuzz_${name} PRIVATE -fsanitize=fuzzer)
  if(NOT A_SEEDS AND EXISTS ${CMAKE_CURRENT_SOURCE_DIR}/corpus)
    set(A_SEEDS ${CMAKE_CURRENT_SOURCE_DIR}/corpus)
  endif()
  if(A_SUBJECTS)
    foreach(subject ${A_SUBJECTS})
      voltkeep_fuzz_test(${name}_${subject} fuzz_${name} ${subject} ${A_SEEDS}/${subject} ${A_OPTIONS})
    endforeach()
  else()
    voltkeep_fuzz_test(${name} fuzz_${name} "" "${A_SEEDS}" ${A_OPTIONS})
  endif()
endfunction()

function(voltkeep_fuzz_test name program subject seeds)
  set(found ${CMAKE_CURRENT_BINARY_DIR}/found_${name})
  file(MAKE_DIRECTORY ${found})
  add_test(NAME fuzz_${name} WORKING_DIRECTORY ${CMAKE_CURRENT_BINARY_DIR}
    COMMAND ${program} -max_total_time=${VOLTKEEP_FUZZ_SECONDS} -timeout=5 -print_final_stats=1 -artifact_prefix=${CMAKE_CURRENT_BINARY_DIR}/${name}. ${ARGN} ${found} ${seeds})
  math(EXPR limit "${VOLTKEEP_FUZZ_SECONDS} + 60")
  voltkeep_test_properties(fuzz_${name} TIMEOUT ${limit} LABELS fuzz)
  # Names and lines in the report of a crash, from binutils: LLVM's own symbolizer is a large package.
  set_tests_properties(fuzz_${name} PROPERTIES ENVIRONMENT "FUZZED=${subject};ASAN_OPTIONS=external_symbolizer_path=/usr/bin/addr2line")
endfunction()

# voltkeep_protocol(<service> [DEPENDS ...] [FILES ...]): protocol.hpp of src/services/<service>, the only file of it that others may
# include, with the headers FILES that it includes itself.
function(voltkeep_protocol service)
  cmake_parse_arguments(A "" "" "DEPENDS;FILES" ${ARGN})
  add_library(protocol_${service} INTERFACE)
  target_link_libraries(protocol_${service} INTERFACE kernel ${A_DEPENDS})
  voltkeep_stage(protocol_${service} services/${service} protocol.hpp ${A_FILES})
endfunction()

# voltkeep_service(<name> SOURCES ... [DEPENDS ...]): the program of a service. It is found by the process manager in <build>/services.
function(voltkeep_service name)
  cmake_parse_arguments(A "" "" "SOURCES;DEPENDS" ${ARGN})
  add_executable(service_${name} ${A_SOURCES})
  voltkeep_precompiled(service_${name} precompiled ${A_DEPENDS})
  target_link_libraries(service_${name} PRIVATE protocol_${name} kernel ${A_DEPENDS})
  set_target_properties(service_${name} PROPERTIES OUTPUT_NAME ${name} RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/services)
endfunction()

# voltkeep_peer(<name> SOURCES ... [DEPENDS ...]): what stands on the other side of a plug. In <build>/peers.
function(voltkeep_peer name)
  cmake_parse_arguments(A "" "" "SOURCES;DEPENDS" ${ARGN})
  add_executable(peer_${name} ${A_SOURCES})
  voltkeep_precompiled(peer_${name} precompiled ${A_DEPENDS})
  target_link_libraries(peer_${name} PRIVATE ${A_DEPENDS})
  set_target_properties(peer_${name} PROPERTIES OUTPUT_NAME ${name} RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/peers)
endfunction()

# voltkeep_station(<folder>): the target "station" builds every program in and below <folder> that is not a test.
function(voltkeep_station folder)
  get_property(targets DIRECTORY ${folder} PROPERTY BUILDSYSTEM_TARGETS)
  foreach(target ${targets})
    get_target_property(type ${target} TYPE)
    get_target_property(test ${target} VOLTKEEP_TEST)
    if(type STREQUAL "EXECUTABLE" AND NOT test)
      add_dependencies(station ${target})
    endif()
  endforeach()
  get_property(folders DIRECTORY ${folder} PROPERTY SUBDIRECTORIES)
  foreach(below ${folders})
    voltkeep_station(${below})
  endforeach()
endfunction()
