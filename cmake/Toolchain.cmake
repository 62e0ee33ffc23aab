# Compiler, linker and the libraries every target may use. All of them are Debian 12 packages.

find_program(CCACHE ccache)
if(CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env CCACHE_PCH_EXTSUM=1 CCACHE_NOHASHDIR=1
      CCACHE_BASEDIR=${CMAKE_SOURCE_DIR}
      CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime ${CCACHE})
  # A precompiled header is large and differs from build to build. Its stand-in for the cache's
  # key is a small file beside it, which says what it was made of.
  file(SHA256 ${CMAKE_SOURCE_DIR}/src/pch.h pch_digest)
  file(WRITE ${CMAKE_BINARY_DIR}/src/CMakeFiles/tandem_pch.dir/cmake_pch.hxx.gch.sum
       "${pch_digest} ${CMAKE_CXX_COMPILER_VERSION} ${CMAKE_BUILD_TYPE} ${TANDEM_SANITIZE} "
       "${CMAKE_CXX_FLAGS}")
endif()

find_package(Threads REQUIRED)
find_package(OpenSSL REQUIRED)
find_package(fmt REQUIRED)
find_package(spdlog REQUIRED)
find_package(CLI11 REQUIRED)
find_package(Boost 1.81 REQUIRED)
find_package(PkgConfig REQUIRED)
pkg_check_modules(LIBZIP REQUIRED IMPORTED_TARGET libzip)

# tandem_archive(TARGET NAME...): an imported target of static archives. Linked into the one binary
# they start faster and are smaller in memory than shared objects, since what is not used is left
# out.
function(tandem_archive target)
  add_library(${target} INTERFACE IMPORTED GLOBAL)
  foreach(name ${ARGN})
    find_library(${name}_ARCHIVE lib${name}.a REQUIRED)
    target_link_libraries(${target} INTERFACE ${${name}_ARCHIVE})
  endforeach()
endfunction()
tandem_archive(tandem::rocksdb rocksdb snappy bz2 lz4 zstd gflags z)
tandem_archive(tandem::yaml yaml-cpp)
tandem_archive(tandem::pugixml pugixml)
tandem_archive(tandem::re2 re2)
tandem_archive(tandem::boost_json boost_json boost_container)
find_package(ZLIB REQUIRED)
if(TANDEM_TESTS)
  find_package(GTest REQUIRED)
endif()

# Like -O3 in speed here, and a sixth smaller.
set(CMAKE_CXX_FLAGS_RELEASE "-O2 -DNDEBUG")

add_library(tandem_flags INTERFACE)
target_compile_options(tandem_flags INTERFACE -Wall -Wextra -Werror -Wno-missing-field-initializers
                                              -fno-plt -fpch-preprocess -ffunction-sections
                                              -fdata-sections -pthread)
# With optimisation g++ 12 sees impossible copies in inlined std::string code (GCC PR 105651), and
# takes Asio's recycling of coroutine frames for a mismatch.
target_compile_options(tandem_flags INTERFACE
  $<$<NOT:$<CONFIG:Debug>>:-Wno-restrict>
  $<$<NOT:$<CONFIG:Debug>>:-Wno-stringop-overflow>
  $<$<NOT:$<CONFIG:Debug>>:-Wno-stringop-overread>
  $<$<NOT:$<CONFIG:Debug>>:-Wno-array-bounds>
  $<$<NOT:$<CONFIG:Debug>>:-Wno-mismatched-new-delete>
  $<$<NOT:$<CONFIG:Debug>>:-Wno-maybe-uninitialized>)
target_compile_definitions(tandem_flags INTERFACE
  BOOST_ASIO_SEPARATE_COMPILATION BOOST_ASIO_NO_DEPRECATED SPDLOG_FMT_EXTERNAL)
target_include_directories(tandem_flags INTERFACE ${CMAKE_SOURCE_DIR}/src ${CMAKE_BINARY_DIR}/generated)
target_link_libraries(tandem_flags INTERFACE Boost::headers tandem::boost_json fmt::fmt Threads::Threads)
if(TANDEM_SANITIZE)
  target_compile_options(tandem_flags INTERFACE -fsanitize=${TANDEM_SANITIZE} -fno-omit-frame-pointer)
  target_link_options(tandem_flags INTERFACE -fsanitize=${TANDEM_SANITIZE})
  if(TANDEM_SANITIZE STREQUAL "thread")
    # Asio has a fence, which the sanitizer does not see.
    target_compile_options(tandem_flags INTERFACE -Wno-tsan)
  endif()
endif()

find_program(MOLD mold)
if(MOLD)
  add_link_options(-fuse-ld=mold)
endif()
add_link_options(-Wl,--as-needed -Wl,--gc-sections)
# What runs once or never (static initialisers, the ways of exceptions) lies apart, so that pages of what
# runs hold nothing else: 3.5 MB less are resident of an idle process.
add_link_options(-Wl,-z,keep-text-section-prefix)
