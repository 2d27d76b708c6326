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

# voltkeep_library(<name> SOURCES ... [FOLDER <folder below src>] [DEPENDS ...]): a static library, its folder staged.
function(voltkeep_library name)
  cmake_parse_arguments(A "" "FOLDER" "SOURCES;DEPENDS" ${ARGN})
  add_library(${name} STATIC ${A_SOURCES})
  target_link_libraries(${name} PUBLIC ${A_DEPENDS})
  if(A_FOLDER)
    voltkeep_stage(${name} ${A_FOLDER})
  endif()
endfunction()

# voltkeep_test(<name> SOURCES ... [DEPENDS ...] [LABELS ...] [TIMEOUT s]): a GoogleTest program, one ctest entry a test case.
function(voltkeep_test name)
  cmake_parse_arguments(A "" "TIMEOUT" "SOURCES;DEPENDS;LABELS" ${ARGN})
  add_executable(${name} ${A_SOURCES})
  target_link_libraries(${name} PRIVATE ${A_DEPENDS} GTest::gtest GTest::gtest_main)
  if(NOT A_TIMEOUT)
    set(A_TIMEOUT 60)
  endif()
  add_test(NAME ${name} COMMAND ${name} WORKING_DIRECTORY ${PROJECT_SOURCE_DIR})
  set_tests_properties(${name} PROPERTIES TIMEOUT ${A_TIMEOUT} LABELS "${A_LABELS}")
endfunction()

# voltkeep_protocol(<service> [DEPENDS ...]): protocol.hpp of src/services/<service>, the only file of it that others may include.
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
  target_link_libraries(service_${name} PRIVATE protocol_${name} kernel ${A_DEPENDS})
  set_target_properties(service_${name} PROPERTIES OUTPUT_NAME ${name} RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/services)
endfunction()

# voltkeep_peer(<name> SOURCES ... [DEPENDS ...]): what stands on the other side of a plug. In <build>/peers.
function(voltkeep_peer name)
  cmake_parse_arguments(A "" "" "SOURCES;DEPENDS" ${ARGN})
  add_executable(peer_${name} ${A_SOURCES})
  target_link_libraries(peer_${name} PRIVATE ${A_DEPENDS})
  set_target_properties(peer_${name} PROPERTIES OUTPUT_NAME ${name} RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/peers)
endfunction()
