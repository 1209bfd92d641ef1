# velora_add_shared_utility()      builds velora/_cyutility once, so that each module does not carry Cython's memoryview code.
# velora_add_module(dotted.name)   transpiles dotted/name.pyx, links it to velora_c and installs it beside its source.

# Indices and None are checked everywhere: what a user can reach with a wrong value raises, and the inner loops run in C.
# No module says that it is safe without a GIL: the objects are owned by the thread that works on them.
set(VELORA_CYTHON_ARGS
    -3
    -Xlanguage_level=3
    -Xboundscheck=True
    -Xwraparound=False
    -Xinitializedcheck=True
    -Xnonecheck=True
    -Xcdivision=True
    -Xbinding=False # a method of CPython checks the type of its self, one of Cython does not
    -Xembedsignature=True
    -Xembedsignature.format=clinic)
if(VELORA_SANITIZE)
  list(APPEND VELORA_CYTHON_ARGS --line-directives) # what a sanitizer finds is told by the line of the .pyx
endif()

function(velora_add_shared_utility)
  set(_c "${CMAKE_CURRENT_BINARY_DIR}/_cyutility.c")
  add_custom_command(
    OUTPUT "${_c}"
    COMMAND "${Python_EXECUTABLE}" -m cython --generate-shared=${_c}
    COMMENT "Generating Cython's shared utility module"
    VERBATIM)
  python_add_library(velora_cyutility MODULE WITH_SOABI "${_c}")
  set_target_properties(velora_cyutility PROPERTIES OUTPUT_NAME _cyutility C_VISIBILITY_PRESET hidden)
  target_link_libraries(velora_cyutility PRIVATE velora_flags)
  install(TARGETS velora_cyutility LIBRARY DESTINATION velora)
endfunction()

function(velora_add_module dotted)
  string(REPLACE "." "/" _path "${dotted}")
  string(REPLACE "." "_" _target "${dotted}")
  get_filename_component(_dir "${_path}" DIRECTORY)
  get_filename_component(_name "${_path}" NAME)
  cython_transpile("${_path}.pyx" LANGUAGE C MODULE_NAME ${dotted}
    INCLUDE_DIRECTORIES "${CMAKE_CURRENT_SOURCE_DIR}"
    CYTHON_ARGS ${VELORA_CYTHON_ARGS} --shared=velora._cyutility
    OUTPUT_VARIABLE _src)
  python_add_library(${_target} MODULE WITH_SOABI "${_src}")
  # Built in a folder of their package, as two packages may have modules of one name.
  set_target_properties(${_target} PROPERTIES OUTPUT_NAME ${_name} C_VISIBILITY_PRESET hidden
    LIBRARY_OUTPUT_DIRECTORY "${CMAKE_CURRENT_BINARY_DIR}/lib/${_dir}")
  target_link_libraries(${_target} PRIVATE velora_c velora_flags)
  install(TARGETS ${_target} LIBRARY DESTINATION ${_dir})
endfunction()
