# tandem_folder(NAME [DEPENDS target...] [LINK library...])
#
# One folder under src/ is one target: every .cc in it (recursively, up to a folder with a
# CMakeLists.txt of its own) goes into the static library tandem_NAME; every *_test.cc beside the
# code goes into the executable NAME_test, which the target unit_tests builds. A main/main.cc is a
# program of its own.
#
# Beside what everything is compiled with, libraries are clean of conversions that lose something, of
# names that hide others, and of deletion through a base without a virtual destructor. The tests are not
# held to it.
function(tandem_folder name)
  cmake_parse_arguments(arg "" "" "DEPENDS;LINK" ${ARGN})
  file(GLOB_RECURSE all CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.cc)
  set(sources ${all})
  set(tests ${all})
  list(FILTER sources EXCLUDE REGEX "(_test\\.cc|/main/main\\.cc)$")
  list(FILTER tests INCLUDE REGEX "_test\\.cc$")

  set(library tandem_${name})
  if(sources)
    add_library(${library} STATIC ${sources})
    target_link_libraries(${library} PUBLIC tandem_flags)
    tandem_use_pch(${library})
    target_compile_options(${library} PRIVATE -Wconversion -Wshadow -Wnon-virtual-dtor)
    foreach(dependency ${arg_DEPENDS})
      target_link_libraries(${library} PUBLIC tandem_${dependency})
    endforeach()
    target_link_libraries(${library} PRIVATE ${arg_LINK})
  else()
    add_library(${library} INTERFACE)
    target_link_libraries(${library} INTERFACE tandem_flags)
    foreach(dependency ${arg_DEPENDS})
      target_link_libraries(${library} INTERFACE tandem_${dependency})
    endforeach()
  endif()

  if(TANDEM_TESTS AND tests)
    add_executable(${name}_test ${tests})
    target_link_libraries(${name}_test PRIVATE ${library} ${arg_LINK} GTest::gmock GTest::gtest_main)
    tandem_use_pch(${name}_test)
    add_test(NAME ${name} COMMAND ${name}_test)
    set_tests_properties(${name} PROPERTIES TIMEOUT 300)
    add_dependencies(unit_tests ${name}_test)
  endif()
endfunction()

# All targets share one precompiled header, made once by tandem_pch.
function(tandem_use_pch target)
  target_precompile_headers(${target} REUSE_FROM tandem_pch)
endfunction()
