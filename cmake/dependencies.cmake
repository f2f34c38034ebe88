# Everything comes from the system's packages; nothing is fetched while building. scripts/setup installs what is missing.
find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
find_package(OpenSSL 3.0 REQUIRED COMPONENTS Crypto SSL)
find_package(fmt REQUIRED)
find_package(tomlplusplus REQUIRED)
find_package(CLI11 REQUIRED)
find_package(nlohmann_json REQUIRED)
pkg_check_modules(utf8proc REQUIRED IMPORTED_TARGET libutf8proc)

# Debian's Asio ships neither a CMake config nor a pkg-config file: fall back to the header itself.
find_package(asio CONFIG QUIET)
if(NOT TARGET asio::asio)
  find_path(ASIO_INCLUDE_DIR asio.hpp REQUIRED)
  add_library(asio_headers INTERFACE)
  target_include_directories(asio_headers SYSTEM INTERFACE ${ASIO_INCLUDE_DIR})
  target_link_libraries(asio_headers INTERFACE Threads::Threads)
  target_compile_definitions(asio_headers INTERFACE ASIO_NO_DEPRECATED)
  add_library(asio::asio ALIAS asio_headers)
endif()

# zxcvbn-c has neither of them, too.
find_path(ZXCVBN_INCLUDE_DIR zxcvbn.h REQUIRED)
find_library(ZXCVBN_LIBRARY zxcvbn REQUIRED)
add_library(zxcvbn UNKNOWN IMPORTED)
set_target_properties(zxcvbn PROPERTIES IMPORTED_LOCATION ${ZXCVBN_LIBRARY} INTERFACE_INCLUDE_DIRECTORIES ${ZXCVBN_INCLUDE_DIR})

if(MOGSHARE_TESTS)
  find_package(doctest REQUIRED)
  find_package(rapidcheck REQUIRED)
endif()
find_package(benchmark QUIET)  # for the benchmarks, which nothing else needs
