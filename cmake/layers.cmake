# mogshare_layer(NAME USES layer… LIBRARIES target…): one object library of src/NAME/*.cpp.
# A layer sees the headers of the layers it uses, and links nothing else: a wrong include may compile, since all public
# headers share one root, but tests/layers.py refuses it.
function(mogshare_layer name)
  cmake_parse_arguments(LAYER "" "" "USES;LIBRARIES" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/${name}/*.cpp)
  add_library(mogshare_${name} OBJECT ${sources})
  target_include_directories(mogshare_${name} PUBLIC ${PROJECT_SOURCE_DIR}/include PRIVATE ${PROJECT_SOURCE_DIR}/src)
  mogshare_compile_rules(mogshare_${name})
  foreach(used IN LISTS LAYER_USES)
    target_link_libraries(mogshare_${name} PUBLIC mogshare_${used})
  endforeach()
  target_link_libraries(mogshare_${name} PUBLIC ${LAYER_LIBRARIES})
endfunction()

# Warnings are errors in our code; sanitizers apply to all of it or none.
function(mogshare_compile_rules target)
  target_compile_options(${target} PRIVATE -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror)
  if(MOGSHARE_SANITIZE)
    target_compile_options(${target} PRIVATE -fsanitize=${MOGSHARE_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
    target_link_options(${target} PRIVATE -fsanitize=${MOGSHARE_SANITIZE})
    if(MOGSHARE_SANITIZE MATCHES "thread" AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
      # Asio has fences, which g++ warns about under this sanitizer; it does not report them falsely.
      target_compile_options(${target} PRIVATE -Wno-tsan)
    endif()
  endif()
  if(MOGSHARE_COVERAGE)
    target_compile_options(${target} PRIVATE --coverage -fprofile-update=atomic)
    target_link_options(${target} PRIVATE --coverage)
  endif()
  if(MOGSHARE_FUZZ)
    target_compile_options(${target} PRIVATE -fsanitize=fuzzer-no-link)
  endif()
endfunction()

# Object libraries do not pass their objects on through other object libraries: a program names every layer it holds.
function(mogshare_link_layers target)
  foreach(layer IN LISTS ARGN)
    target_link_libraries(${target} PRIVATE mogshare_${layer})
  endforeach()
endfunction()
