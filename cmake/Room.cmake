# SPDX-License-Identifier: Apache-2.0
# dnntune_room(<name> SOURCES <files> ROOMS <rooms it may include> LIBS <private dependencies>)
#
# A room is one folder of src/. It becomes dnntune_<name>_objects (which libdnntune is made of) and the
# static library dnntune_<name> (which tests link, with exactly the rooms the room itself needs).
function(dnntune_room name)
  cmake_parse_arguments(R "" "" "SOURCES;ROOMS;LIBS" ${ARGN})
  add_library(dnntune_${name}_objects OBJECT ${R_SOURCES})
  target_include_directories(dnntune_${name}_objects PUBLIC "${PROJECT_SOURCE_DIR}/include" "${PROJECT_SOURCE_DIR}/src"
                             PRIVATE "${PROJECT_BINARY_DIR}/generated")
  target_link_libraries(dnntune_${name}_objects PRIVATE dnntune_options ${R_LIBS})
  target_compile_options(dnntune_${name}_objects PRIVATE
    $<$<CONFIG:Release,MinSizeRel>:-ffunction-sections;-fdata-sections>)  # for the linker to drop
  add_library(dnntune_${name} STATIC EXCLUDE_FROM_ALL $<TARGET_OBJECTS:dnntune_${name}_objects>)
  target_include_directories(dnntune_${name} PUBLIC "${PROJECT_SOURCE_DIR}/include" "${PROJECT_SOURCE_DIR}/src")
  target_link_libraries(dnntune_${name} PUBLIC dnntune_options ${R_LIBS})
  foreach(room IN LISTS R_ROOMS)
    target_link_libraries(dnntune_${name} PUBLIC dnntune_${room})
  endforeach()
  set_property(GLOBAL APPEND PROPERTY DNNTUNE_ROOMS ${name})
  set_property(GLOBAL APPEND PROPERTY DNNTUNE_ROOM_LIBS ${R_LIBS})
endfunction()
